"""The defects of the made-up app: what breaks in it, in which releases, with the stack that it leaves.

A frame is written `where function line`, innermost last; `~` marks code that is not the app's own. `where` is a
module, or for JavaScript and Swift a file.
"""

from __future__ import annotations

from dataclasses import dataclass

OLD, MIDDLE, NEW = RELEASES = ("lantern@2.0.0", "lantern@2.1.0", "lantern@2.2.0")


@dataclass(frozen=True, slots=True)
class Defect:
    """One way in which the app breaks. `message` may hold `{}`, which differs from report to report.

    Three weights are large: what half of all people run into is what a day has enough of to tell systems and models.
    """

    platform: str  # android, electron, python or ios
    type: str
    message: str
    stack: tuple[str, ...]
    weight: float = 3
    releases: tuple[str, ...] = RELEASES
    cause: tuple[str, str] | None = None  # type and message of the exception that this one was raised from


_LOOPER = (
    "~com.android.internal.os.ZygoteInit main 971",
    "~android.app.ActivityThread main 8919",
    "~android.os.Looper loop 317",
    "~android.os.Handler dispatchMessage 107",
)
_CLICK = (*_LOOPER, "~android.view.View performClickInternal 8028", "~android.view.View performClick 8051")
_WORKER = (
    "~java.lang.Thread run 1119",
    "~java.util.concurrent.ThreadPoolExecutor runWorker 1156",
    "~kotlinx.coroutines.internal.LimitedDispatcher run 113",
)
_NODE = ("~node:internal/process/task_queues process.processTicksAndRejections 105",)
_EMITTER = ("~node:internal/timers process.processTimers 541", "~node:events EventEmitter.emit 518")
_RENDERER = ("renderer.js HTMLDivElement.onInput 18",)
_HELPER = ("lantern.helper.__main__ main 41", "lantern.helper.loop run 97")
_RUNLOOP = ("~UIKitCore UIApplicationMain 0", "~CoreFoundation CFRunLoopRunSpecific 0")
_QUEUE = ("~libdispatch.dylib _dispatch_call_block_and_release 0", "~libdispatch.dylib _dispatch_client_callout 0")

DEFECTS = (
    # Android
    Defect(
        "android",
        "java.lang.NullPointerException",
        "Attempt to invoke virtual method 'java.lang.String app.lantern.note.Note.title()' on a null object reference",
        (*_CLICK, "app.lantern.ui.NoteListFragment onNoteClicked 142", "app.lantern.ui.NoteOpener open 57"),
        weight=75,
    ),
    Defect(
        "android",
        "java.lang.IllegalStateException",
        "Fragment NoteFragment{{}} not attached to a context.",
        (*_LOOPER, "app.lantern.ui.NoteFragment onIndexed 88", "~androidx.fragment.app.Fragment requireContext 972"),
        weight=6,
        releases=(OLD, MIDDLE),
    ),
    Defect(
        "android",
        "android.database.sqlite.SQLiteFullException",
        "database or disk is full (code 13 SQLITE_FULL)",
        (
            *_WORKER,
            "app.lantern.index.IndexWriter commit 203",
            "~android.database.sqlite.SQLiteSession endTransaction 403",
        ),
    ),
    Defect(
        "android",
        "java.lang.OutOfMemoryError",
        "Failed to allocate a {} byte allocation with 8388608 free bytes",
        (*_WORKER, "app.lantern.picture.PictureReader read 71", "~android.graphics.BitmapFactory decodeStream 700"),
        weight=5,
        releases=(NEW,),
    ),
    Defect(
        "android",
        "java.util.ConcurrentModificationException",
        "",
        (*_WORKER, "app.lantern.sync.ChangeLog since 118", "~java.util.ArrayList$Itr next 1065"),
        weight=7,
        releases=(OLD, NEW),  # mended in 2.1.0, and back: the regression
    ),
    Defect(
        "android",
        "java.lang.SecurityException",
        "Need android.permission.NEARBY_WIFI_DEVICES permission",
        (*_CLICK, "app.lantern.sync.PairingService start 64", "~android.net.nsd.NsdManager discoverServices 1248"),
    ),
    Defect(
        "android",
        "java.lang.RuntimeException",
        "Pairing failed",
        (*_WORKER, "app.lantern.sync.PairingService pair 131", "app.lantern.sync.Handshake finish 49"),
        cause=("java.net.SocketTimeoutException", "failed to connect to /192.168.1.{} (port 7411) after 5000ms"),
    ),
    Defect(
        "android",
        "kotlin.UninitializedPropertyAccessException",
        "lateinit property notebook has not been initialized",
        (*_LOOPER, "app.lantern.widget.NoteWidget onUpdate 39"),
        releases=(MIDDLE, NEW),
    ),
    Defect(
        "android",
        "java.lang.ArrayIndexOutOfBoundsException",
        "length={}; index=-1",
        (*_WORKER, "app.lantern.markdown.Scanner next 220", "app.lantern.markdown.Scanner peek 187"),
        weight=2,
    ),
    # Electron
    Defect(
        "electron",
        "TypeError",
        "Cannot read properties of undefined (reading 'offset')",
        (*_RENDERER, "renderer.js Editor.update 4120", "renderer.js Caret.move 3871"),
        weight=20,
    ),
    Defect(
        "electron",
        "Error",
        "ENOENT: no such file or directory, open '/home/user{}/Notes/inbox.md'",
        (*_NODE, "main.js Vault.open 902", "main.js readNote 877"),
        weight=5,
    ),
    Defect(
        "electron",
        "Error",
        "EACCES: permission denied, rename 'notes-{}.tmp'",
        (*_NODE, "main.js Vault.save 940", "main.js replaceFile 911"),
    ),
    Defect(
        "electron",
        "RangeError",
        "Maximum call stack size exceeded",
        (*_RENDERER, "renderer.js Outline.render 2210", "renderer.js Outline.renderItem 2247"),
        weight=4,
        releases=(MIDDLE,),
    ),
    Defect(
        "electron",
        "SyntaxError",
        "Unexpected token '<', \"<!doctype \"... is not valid JSON",
        (*_NODE, "main.js Updater.check 1503", "~node:internal JSON.parse 0"),
    ),
    Defect(
        "electron",
        "InvalidStateError",
        "Failed to execute 'transaction' on 'IDBDatabase': The database connection is closing.",
        (*_RENDERER, "renderer.js Search.find 5120", "renderer.js Cache.read 5333"),
    ),
    Defect(
        "electron",
        "Error",
        "connect ECONNREFUSED 192.168.0.{}:7411",
        (*_EMITTER, "main.js Peer.connect 1190", "~node:net TCPConnectWrap.afterConnect 1637"),
        weight=4,
    ),
    Defect(
        "electron",
        "TypeError",
        "notebook.pages is not iterable",
        (*_NODE, "main.js Importer.run 2004", "main.js countPages 1987"),
        weight=2,
        releases=(NEW,),
    ),
    # The helper in Python
    Defect(
        "python",
        "KeyError",
        "'note-{}'",
        (*_HELPER, "lantern.helper.index search 211", "lantern.helper.postings lookup 58"),
        weight=4,
    ),
    Defect(
        "python",
        "UnicodeDecodeError",
        "'utf-8' codec can't decode byte 0xe4 in position {}: invalid continuation byte",
        (*_HELPER, "lantern.helper.reader read_note 33", "~codecs decode 322"),
        weight=5,
    ),
    Defect(
        "python",
        "lantern.helper.errors.IndexCorrupt",
        "segment {} has a wrong checksum",
        (*_HELPER, "lantern.helper.index open_segment 147"),
        cause=("struct.error", "unpack requires a buffer of 16 bytes"),
    ),
    Defect(
        "python",
        "RecursionError",
        "maximum recursion depth exceeded",
        (*_HELPER, "lantern.helper.links follow 71", "lantern.helper.links resolve 84"),
        weight=2,
        releases=(OLD,),
    ),
    Defect(
        "python",
        "PermissionError",
        "[Errno 13] Permission denied: '/Users/name{}/Library/Lantern/lock'",
        (*_HELPER, "lantern.helper.lock acquire 27"),
    ),
    Defect(
        "python",
        "BrokenPipeError",
        "[Errno 32] Broken pipe",
        (*_HELPER, "lantern.helper.channel write 63", "~multiprocessing.connection _send 384"),
        weight=2,
    ),
    Defect(
        "python",
        "ZeroDivisionError",
        "float division by zero",
        (*_HELPER, "lantern.helper.ranking score 112"),
        weight=4,
        releases=(NEW,),
    ),
    # iOS and macOS
    Defect(
        "ios",
        "EXC_BAD_ACCESS",
        "KERN_INVALID_ADDRESS at 0x{}",
        (*_QUEUE, "SyncEngine.swift SyncEngine.merge(_:into:) 142", "~libswiftCore.dylib swift_retain 0"),
        weight=6,
    ),
    Defect(
        "ios",
        "EXC_BREAKPOINT",
        "Unexpectedly found nil while unwrapping an Optional value",
        (*_RUNLOOP, "NoteView.swift NoteView.body.getter 58", "NoteView.swift NoteView.heading(of:) 91"),
        weight=40,
    ),
    Defect(
        "ios",
        "EXC_BREAKPOINT",
        "Index out of range",
        (*_RUNLOOP, "OutlineList.swift OutlineList.move(from:to:) 77", "~libswiftCore.dylib _assertionFailure 0"),
        releases=(MIDDLE, NEW),
    ),
    Defect(
        "ios",
        "NSInternalInconsistencyException",
        "Invalid update: invalid number of items in section {}",
        (*_RUNLOOP, "NoteList.swift NoteList.apply(_:) 133", "~UIKitCore UICollectionView._endUpdates 0"),
        weight=4,
        releases=(OLD, MIDDLE),
    ),
    Defect(
        "ios",
        "WatchdogTermination",
        "The app was terminated while it was opening",
        (*_RUNLOOP, "LanternApp.swift LanternApp.init() 21", "Index.swift Index.load() 64"),
        weight=4,
    ),
    Defect(
        "ios",
        "NSFileProviderError",
        "Could not communicate with a helper application.",
        (*_QUEUE, "Vault.swift Vault.coordinate(at:) 118"),
    ),
    Defect(
        "ios",
        "EXC_CRASH",
        "SIGABRT",
        (*_QUEUE, "Keychain.swift Keychain.read(_:) 44", "~libsystem_c.dylib abort 0"),
        weight=2,
    ),
    Defect(
        "ios",
        "DecodingError",
        'keyNotFound(CodingKeys(stringValue: "clock"))',
        (*_QUEUE, "Change.swift Change.init(from:) 36", "~Foundation JSONDecoder.decode 0"),
        weight=2,
        releases=(NEW,),
    ),
)
