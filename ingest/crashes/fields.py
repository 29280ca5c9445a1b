"""The closed schema of a crash: a verdict on every field that Sentry's public schema knows, and why.

A field that is not here has no verdict, and so no way in. Losses are counted under the names of `Stripped`; a drop
that is not counted either only carries the protocol or says again what another field says.
"""

from __future__ import annotations

from typing import Final

from ingest.crashes.schema import Form, Part, coarsen, drop, keep
from ingest.crashes.stripped import Stripped

EVENT: Final = Part(
    "event",
    "event",
    (
        keep("release", "names a build, if it has the shape of a release", Form.NAME, Stripped.RELEASE),
        keep("platform", "one of a printed list", Form.TEXT, Stripped.PLATFORM),
        keep("level", "one of five words", Form.TEXT, Stripped.LEVEL),
        keep("logger", "a name of code; names the place of a message", Form.TEXT, Stripped.LOGGER),
        keep("exception", "the chain of exceptions", Form.VALUES, Stripped.EXCEPTION, "exception"),
        keep("contexts", "system, device, app, language, VPN: see there", Form.PART, Stripped.CONTEXTS, "contexts"),
        coarsen("environment", "only as the app declares it", Form.ENVIRONMENT, Stripped.ENVIRONMENT),
        coarsen("tags", "consent, and only names with values that the app declares", Form.TAGS, Stripped.TAGS),
        keep("logentry", "what is said without an exception", Form.PART, Stripped.LOGENTRY, "logentry"),
        coarsen("message", "a template, once it is known or shared", Form.TEMPLATE, Stripped.LOGENTRY),
        coarsen("fingerprint", "as declared, or as templates once shared", Form.FINGERPRINT, Stripped.FINGERPRINT),
        coarsen("timestamp", "tells the day; the server's own clock is what counts", Form.DAY),
        keep("event_id", "told apart from a repetition for an hour, in memory, and then forgotten"),
        keep("type", "tells an error from a measurement, and is not kept"),
        keep("sdk", "the protocol's", Form.PART, part="sdk"),
        drop("received version project key_id start_timestamp did _meta", "carry the protocol only"),
        drop("threads", "every thread says what else was going on; the stack of the one that crashed stands in "
             "for a missing one", Stripped.THREADS, Form.SPARE),
        drop("stacktrace", "likewise", Stripped.STACKTRACE, Form.SPARE),
        drop("debug_meta", "all binaries together are a fingerprint; read for offsets, then forgotten",
             Stripped.DEBUG_META),
        drop("user", "a person", Stripped.USER),
        drop("request", "what a person asked for", Stripped.REQUEST),
        drop("breadcrumbs", "what a person did before", Stripped.BREADCRUMBS),
        drop("extra", "anything", Stripped.EXTRA),
        drop("server_name", "a host, often with its owner's name", Stripped.SERVER_NAME),
        drop("transaction transaction_info", "a page's path, with whatever is in it", Stripped.TRANSACTION),
        drop("culprit", "free text", Stripped.CULPRIT),
        drop("modules", "all packages together are a fingerprint", Stripped.MODULES),
        drop("dist", "a build below the release: splits people, tells nothing", Stripped.DIST),
        drop("errors", "repeat values that an SDK could not read", Stripped.ERRORS),
        drop("time_spent", "a duration of use", Stripped.TIME_SPENT),
    ),
    ("Event",),
)  # fmt: skip

EXCEPTION: Final = Part(
    "exception",
    "event.exception.values[]",
    (
        keep("type", "a name of code", Form.NAME, Stripped.EXCEPTION_TYPE),
        keep("stacktrace", "its stack", Form.PART, Stripped.STACKTRACE, "stacktrace"),
        keep("mechanism", "whether it was handled, and by what", Form.PART, Stripped.MECHANISM, "mechanism"),
        coarsen("value", "a template, once it is known or shared", Form.TEMPLATE, Stripped.EXCEPTION_VALUE),
        drop("module", "said by type and frames"),
        drop("thread_id", "a number of one run"),
    ),
    ("Exception",),
)

MECHANISM: Final = Part(
    "mechanism",
    "event.exception.values[].mechanism",
    (
        keep("type", "tells a hang or a kill by the system from a crash; not kept itself"),
        keep("handled synthetic", "yes or no", Form.FLAG),
        drop("data description help_link meta source", "free text of runtimes and apps", Stripped.MECHANISM),
        drop("exception_id parent_id is_exception_group", "numbers of one report", Stripped.MECHANISM),
    ),
    ("Mechanism",),
)

STACKTRACE: Final = Part(
    "stacktrace",
    "event.exception.values[].stacktrace",
    (
        keep("frames", "at most 64", Form.LIST, Stripped.FRAMES, "frame"),
        drop("registers", "hold data of the process", Stripped.REGISTERS),
        drop("lang instruction_addr_adjustment snapshot", "say how the stack was taken"),
    ),
    ("RawStacktrace",),
)

FRAME: Final = Part(
    "frame",
    "event.exception.values[].stacktrace.frames[]",
    (
        keep("function", "a name of code, in its normal form", Form.NAME, Stripped.FRAME_FUNCTION),
        keep("module", "a name of code, in its normal form", Form.NAME, Stripped.FRAME_MODULE),
        keep("lineno", "a line of the program", Form.LINE, Stripped.FRAME_LINENO),
        keep("in_app", "yes or no", Form.FLAG),
        coarsen("filename", "the last part: folders hold names and tokens of one installation", Form.BASENAME,
                Stripped.FRAME_FILENAME),
        coarsen("package", "the last part, likewise", Form.BASENAME, Stripped.FRAME_PACKAGE),
        coarsen("instruction_addr image_addr", "as the distance between the two: systems draw addresses at each boot",
                Form.OFFSET),
        drop("abs_path", "folders", Stripped.FRAME_ABS_PATH),
        drop("vars", "data of the process", Stripped.FRAME_VARS),
        drop("context_line", "text of a file on the device", Stripped.FRAME_CONTEXT),
        drop("pre_context post_context", "come with context_line, and are counted with it"),
        drop("raw_function symbol", "the function, before its types and arguments were cut"),
        drop("symbol_addr function_id addr_mode", "addresses of one run"),
        drop("colno stack_start platform lock", "say little that function and line do not"),
    ),
    ("Frame",),
)  # fmt: skip

LOGENTRY: Final = Part(
    "logentry",
    "event.logentry",
    (
        coarsen("message", "a template, once it is known or shared", Form.TEMPLATE, Stripped.LOGENTRY),
        coarsen("formatted", "likewise, where no message is sent", Form.TEMPLATE, Stripped.LOGENTRY),
        drop("params", "what makes one report differ from the next", Stripped.LOGENTRY),
    ),
    ("LogEntry",),
)

CONTEXTS: Final = Part(
    "contexts",
    "event.contexts",
    (
        keep("os", "the system", Form.PART, Stripped.CONTEXT_OS, "os"),
        keep("device", "the device", Form.PART, Stripped.CONTEXT_DEVICE, "device"),
        keep("app", "the app", Form.PART, Stripped.CONTEXT_APP, "app"),
        keep("culture", "the language", Form.PART, Stripped.CONTEXT_CULTURE, "culture"),
        keep("vpn", "our own: the state of a VPN app's tunnel", Form.PART, Stripped.CONTEXT_VPN, "vpn"),
        drop("runtime browser gpu trace profile replay feedback monitor response otel cloud_resource nel "
             "performance_score state unity memory_info react flags", "not of the crash, or of a person",
             Stripped.CONTEXTS),
    ),
)  # fmt: skip

OS: Final = Part(
    "os",
    "event.contexts.os",
    (
        keep("name", "one of a printed list, else `Other`", Form.TEXT, Stripped.CONTEXT_OS),
        coarsen("version", "three numbers, and only once k people share them", Form.TEXT),
        keep("type", "the protocol's"),
        drop("build kernel_version raw_description distribution", "rare builds; the kernel's text can name the host",
             Stripped.CONTEXT_OS),
        drop("rooted", "rare", Stripped.CONTEXT_OS),
    ),
    ("OsContext",),
)  # fmt: skip

DEVICE: Final = Part(
    "device",
    "event.contexts.device",
    (
        keep("model", "only once k people share it within a release", Form.TEXT, Stripped.CONTEXT_DEVICE),
        keep("arch archs", "one of a printed list", Form.TEXT, Stripped.CONTEXT_DEVICE),
        keep("low_memory", "yes or no", Form.FLAG),
        coarsen("memory_size", "one of six buckets", Form.MEMORY, Stripped.CONTEXT_DEVICE),
        coarsen("free_storage", "one of five buckets", Form.STORAGE, Stripped.CONTEXT_DEVICE),
        coarsen("locale", "the language, once k people share it within a release", Form.LANGUAGE,
                Stripped.CONTEXT_DEVICE),
        keep("type", "the protocol's"),
        drop("device_unique_identifier uuid id", "the device itself", Stripped.CONTEXT_DEVICE),
        drop("name", "often its owner's name", Stripped.CONTEXT_DEVICE),
        drop("boot_time", "the same in every report until the next boot", Stripped.CONTEXT_DEVICE),
        drop("timezone", "a place", Stripped.CONTEXT_DEVICE),
        drop("model_id brand family manufacturer device_type chipset", "said by the model, or finer than it",
             Stripped.CONTEXT_DEVICE),
        drop("battery_level battery_status battery_temperature charging orientation online connection_type",
             "the moment of one person", Stripped.CONTEXT_DEVICE),
        drop("cpu_description processor_count processor_frequency", "finer than the model", Stripped.CONTEXT_DEVICE),
        drop("screen_density screen_dpi screen_height_pixels screen_resolution screen_width_pixels",
             "a fingerprint where windows have sizes of their own", Stripped.CONTEXT_DEVICE),
        drop("free_memory usable_memory storage_size external_free_storage external_storage_size",
             "exact bytes are a fingerprint, and the two buckets say what matters", Stripped.CONTEXT_DEVICE),
        drop("simulator supports_accelerometer supports_audio supports_gyroscope supports_location_service "
             "supports_vibration", "said by the model", Stripped.CONTEXT_DEVICE),
    ),
    ("DeviceContext",),
)  # fmt: skip

APP: Final = Part(
    "app",
    "event.contexts.app",
    (
        keep("in_foreground", "yes or no", Form.FLAG),
        coarsen("app_start_time", "how long the app had run, as one of five buckets", Form.UPTIME,
                Stripped.CONTEXT_APP),
        keep("type", "the protocol's"),
        drop("device_app_hash", "the device itself, for this app", Stripped.CONTEXT_APP),
        drop("view_names", "what a person looked at", Stripped.CONTEXT_APP),
        drop("app_memory permissions", "finer than the buckets of the device, or a person's choices",
             Stripped.CONTEXT_APP),
        drop("app_name app_identifier app_version app_build build_type", "said by the release", Stripped.CONTEXT_APP),
    ),
    ("AppContext",),
)  # fmt: skip

CULTURE: Final = Part(
    "culture",
    "event.contexts.culture",
    (
        coarsen("locale", "the language, once k people share it within a release", Form.LANGUAGE,
                Stripped.CONTEXT_CULTURE),
        keep("type", "the protocol's"),
        drop("timezone calendar display_name is_24_hour_format", "a place and its habits", Stripped.CONTEXT_CULTURE),
    ),
)  # fmt: skip

VPN: Final = Part(
    "vpn",
    "event.contexts.vpn",
    (
        keep("state", "one of a printed list", Form.TEXT, Stripped.CONTEXT_VPN),
        keep("type", "the protocol's"),
    ),
)

SDK: Final = Part(
    "sdk",
    "event.sdk",
    (
        keep("name version", "the protocol's; not kept"),
        drop("features integrations packages settings", "what is built in: a fingerprint together"),
    ),
    ("ClientSdkInfo",),
)

THREAD: Final = Part(
    "thread",
    "event.threads.values[]",
    (
        drop("crashed current stacktrace", "find the stack that stands in for a missing one"),
        drop("name id main state held_locks", "free text and numbers of one run"),
    ),
    ("Thread",),
)

PARTS: Final = (
    EVENT, EXCEPTION, MECHANISM, STACKTRACE, FRAME, LOGENTRY, CONTEXTS, OS, DEVICE, APP, CULTURE, VPN, SDK, THREAD,
    Part("image", "event.debug_meta.images[]", (
        drop("image_addr image_size", "find the binary that an address lies in, then forgotten"),
        drop("type name uuid arch cpu_type cpu_subtype image_vmaddr code_file code_id debug_file debug_id "
             "debug_checksum", "all binaries together are a fingerprint; their paths hold names"),
    ), ("AppleDebugImage", "NativeDebugImage", "ProguardDebugImage", "SourceMapDebugImage", "JvmDebugImage")),
    Part("debug meta", "event.debug_meta", (
        drop("images sdk_info", "see the event's debug_meta"),
        drop("sdk_name version_major version_minor version_patchlevel", "said by the system"),
    ), ("DebugMeta", "SystemSdkInfo")),
    Part("user", "event.user", (
        drop("id username name email sentry_user", "a person"),
        drop("ip_address", "a person; and never taken for the sender's"),
        drop("geo city country_code region subdivision", "a place"),
        drop("segment data", "anything about a person"),
    ), ("User", "Geo")),
    Part("request", "event.request", (
        drop("url query_string fragment cookies headers env data", "hold sessions, addresses and what was written"),
        drop("method protocol api_target body_size inferred_content_type", "of the request, not of the crash"),
    ), ("Request",)),
    Part("breadcrumb", "event.breadcrumbs.values[]", (
        drop("category data event_id level message timestamp type", "what a person did before"),
    ), ("Breadcrumb",)),
    Part("errno, signal, Mach exception and NSError", "event.exception.values[].mechanism.meta", (
        drop("errno signal mach_exception ns_error", "said by the type of the exception"),
        drop("name number code code_name exception subcode domain", "likewise"),
    ), ("MechanismMeta", "CError", "PosixSignal", "MachException", "NsError")),
    Part("lock", "event.exception.values[].stacktrace.frames[].lock", (
        drop("address thread_id", "numbers of one run"),
        drop("class_name package_name type", "said by the frame below it"),
    ), ("LockReason",)),
    Part("browser and runtime", "event.contexts.browser, event.contexts.runtime", (
        drop("name version build raw_description", "finer than the release and the system need"),
    ), ("BrowserContext", "RuntimeContext")),
    Part("Linux distribution", "event.contexts.os.distribution", (
        drop("name pretty_name version", "the system's name and version say it"),
    ), ("LinuxDistribution",)),
    Part("gpu", "event.contexts.gpu", (
        drop("api_type graphics_shader_level id max_texture_size memory_size multi_threaded_rendering name "
             "npot_support supports_compute_shaders supports_draw_call_instancing supports_geometry_shaders "
             "supports_ray_tracing vendor_id vendor_name version", "a fingerprint"),
    ), ("GpuContext",)),
    Part("trace", "event.contexts.trace", (
        drop("trace_id span_id parent_span_id", "join reports of one person"),
        drop("client_sample_rate data exclusive_time op origin sampled status", "a measurement"),
        drop("route previousRoute name params", "where a person was in the app"),
    ), ("TraceContext", "Data", "Route")),
    Part("profile and replay", "event.contexts.profile, event.contexts.replay", (
        drop("profile_id replay_id", "join reports of one person"),
    ), ("ProfileContext", "ReplayContext")),
    Part("feedback", "event.contexts.feedback", (
        drop("contact_email message name url replay_id associated_event_id", "a person, in their own words"),
    ), ("UserReportV2Context",)),
    Part("response", "event.contexts.response", (
        drop("body_size cookies data headers inferred_content_type status_code", "what was answered to a person"),
    ), ("ResponseContext",)),
    Part("cloud resource", "event.contexts.cloud_resource", (
        drop("cloud.account.id cloud.availability_zone cloud.platform cloud.provider cloud.region host.id host.type",
             "an account, a machine"),
    ), ("CloudResourceContext",)),
    Part("network error, score and telemetry", "event.contexts.nel, .performance_score, .otel", (
        drop("server_ip", "an address"),
        drop("elapsed_time error_type phase sampling_fraction score_profile_version attributes resource",
             "a measurement, with anything in it"),
    ), ("NelContext", "PerformanceScoreContext", "OtelContext")),
    Part("transaction info", "event.transaction_info", (
        drop("changes original propagations source timestamp", "a page's path, with whatever is in it"),
    ), ("TransactionInfo", "TransactionNameChange")),
    Part("package of the SDK", "event.sdk.packages[]", (
        drop("name version", "what is built in: a fingerprint together"),
    ), ("ClientSdkPackage",)),
    Part("processing error", "event.errors[]", (
        drop("name type value", "repeat values that an SDK could not read"),
    ), ("EventProcessingError",)),
)  # fmt: skip
"""Every part of an event."""
