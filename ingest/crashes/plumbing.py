"""Frames of runtimes and frameworks that only pass a call on: event loops, thread pools, coroutines, dispatch.

They come and go with a version of the framework and with how busy the machine was, and tell nothing of the crash.
"""

from __future__ import annotations

from typing import Final

from ingest.crashes.frames import Frame

_MODULES: Final = (
    # Python
    *("asyncio.", "concurrent.futures.", "threading", "runpy", "importlib._bootstrap", "anyio._", "gunicorn."),
    *("uvicorn.", "django.core.handlers.", "django.utils.deprecation", "flask.app", "starlette.middleware."),
    *("starlette.routing", "celery.app.trace", "sentry_sdk."),
    # Node and bundlers
    *("node:internal", "internal/process", "internal/modules", "internal/timers", "zone.js"),
    # JVM and Android
    *("java.lang.Thread", "java.lang.reflect.", "java.util.concurrent.", "jdk.internal.", "sun.reflect."),
    *("kotlin.coroutines.", "kotlinx.coroutines.", "io.reactivex.", "android.os.Handler", "android.os.Looper"),
    *("android.app.ActivityThread", "com.android.internal.os.", "dalvik.system.", "io.sentry.", "rx.internal."),
    # .NET
    *("System.Runtime.CompilerServices.", "System.Runtime.ExceptionServices.", "System.Threading."),
)
"""How modules begin."""

_FUNCTIONS: Final = (
    # JavaScript
    *("process.processTicksAndRejections", "processTicksAndRejections", "async Promise.all", "new Promise"),
    *("Generator.next", "asyncGeneratorStep", "_asyncToGenerator", "__awaiter", "runMicrotasks", "Promise.then"),
    # Apple
    *("_dispatch_", "_pthread_", "start_wqthread", "thread_start", "__CFRunLoop", "CFRunLoopRun", "_CFRunLoop"),
    *("swift::runJobInEstablishedExecutorContext", "swift_job_run", "completeTaskWithClosure", "UIApplicationMain"),
    *("GSEventRunModal", "-[UIApplication _run]", "-[NSApplication run]", "NSApplicationMain", "__NSThread"),
    # C, C++, Rust, Windows
    *("__libc_start", "_start", "__clone", "clone3", "start_thread", "std::thread::_Invoker", "std::__invoke"),
    *("std::__1::__invoke", "std::function", "std::rt::lang_start", "std::panicking::", "std::sys::backtrace::"),
    *("std::sys_common::backtrace::", "core::panicking::", "core::ops::function::", "rust_begin_unwind"),
    *("tokio::runtime::", "tokio::task::", "BaseThreadInitThunk", "RtlUserThreadStart", "invoke_main"),
    *("__scrt_common_main", "KiUserExceptionDispatch", "RaiseException", "_CxxThrowException"),
    # Go, Dart, Ruby, PHP
    *("runtime.goexit", "runtime.main", "runtime.gopanic", "runtime.panicmem", "runtime.sigpanic"),
    *("_rootRun", "_CustomZone.", "_Future.", "_microtaskLoop", "_startMicrotaskLoop", "_RawReceivePort"),
)
"""How functions begin."""

_WRAPPERS: Final = ("async ", "await ", "static ")


def is_plumbing(frame: Frame) -> bool:
    """Tell whether a frame only passes a call on."""
    return (frame.module != "" and frame.module.startswith(_MODULES)) or frame.function.startswith(_FUNCTIONS)


def without_wrapper(function: str) -> str:
    """Return a function's name without the words that say how it was called."""
    for wrapper in _WRAPPERS:
        function = function.removeprefix(wrapper)
    return function
