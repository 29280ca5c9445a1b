from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.crashes.symbols import normal_function, normal_module, normal_type

FUNCTIONS = {
    # C++, Itanium and MSVC
    "foo(int, char const*)": "foo",
    "std::__1::vector<int, std::allocator<int> >::push_back(int const&)": "std::__1::vector::push_back",
    "void ns::foo<int>(int)": "ns::foo",
    "std::string ns::bar(std::string const&)": "ns::bar",
    "(anonymous namespace)::Foo::bar() const": "(anonymous)::Foo::bar",
    "`anonymous namespace'::Foo::bar": "(anonymous)::Foo::bar",
    "operator new(unsigned long)": "operator new",
    "Foo::operator()(int) const": "Foo::operator()",
    "Foo::operator<(Foo const&)": "Foo::operator<",
    "<lambda_1f2e3d4c5b6a79880011223344556677>::operator()": "<lambda>::operator()",
    "__pthread_start.cold.1": "__pthread_start",
    "std::ostream& std::operator<< <char>(std::ostream&, char const*)": "std::operator<<",
    "std::ios::clear(int)@@GLIBCXX_3.4": "std::ios::clear",
    "memcpy@GLIBC_2.14": "memcpy",
    "<regex_syntax[395a2074ef547c25]::hir::ClassBytes>::negate": "<regex_syntax::hir::ClassBytes>::negate",
    # Objective-C, Swift
    "-[NSException raise]": "-[NSException raise]",
    "+[Foo(Cat) bar:baz:]": "+[Foo(Cat) bar:baz:]",
    "__45-[Foo bar:]_block_invoke_2": "__45-[Foo bar:]_block_invoke_2",
    "closure #1 in ViewController.viewDidLoad()": "closure #1 in ViewController.viewDidLoad",
    "specialized Foo.bar(_:with:)": "specialized Foo.bar(_:with:)",
    "protocol witness for A.b(_:) in conformance C": "protocol witness for A.b(_:)",
    "Foo.bar(x: Swift.Int) -> Swift.String": "Foo.bar",
    "$s4MyApp3FooC3baryyF": "$s4MyApp3FooC3baryyF",
    "objc_msgSend + 44": "objc_msgSend",
    # Rust
    "core::ops::function::FnOnce::call_once{{vtable.shim}}::h1234567890abcdef": (
        "core::ops::function::FnOnce::call_once{{vtable.shim}}"
    ),
    "<alloc::vec::Vec<T> as core::iter::Trait>::next": "alloc::vec::Vec::next",
    "_ZN4core9panicking5panic17h0123456789abcdefE": "_ZN4core9panicking5panicE",
    # JVM, Kotlin
    "lambda$onCreate$0": "lambda$onCreate$",
    "access$000": "access$",
    "<init>": "<init>",
    # JavaScript
    "Object.<anonymous>": "Object.<anonymous>",
    "Array.forEach (<anonymous>)": "Array.forEach",
    "foo [as bar]": "foo",
    "async bar": "async bar",
    "new Foo": "new Foo",
    "Module._extensions..js": "Module._extensions..js",
    "#privateMethod": "#privateMethod",
    "?": "",
    # Python, Go, .NET, PHP, Ruby, Dart, Elixir
    "<module>": "<module>",
    "Foo.bar.<locals>.<lambda>": "Foo.bar.<locals>.<lambda>",
    "main.(*Server).Serve.func1": "main.(*Server).Serve.func1",
    "<>c__DisplayClass0_0.<Main>b__0": "<>c__DisplayClass0_0.<Main>b__0",
    "void Program.Main(string[] args)": "void Program.Main",
    "async Task<int> Foo.Bar()": "async Task Foo.Bar",
    "App\\Http\\Users\\UserController::show": "App\\Http\\Users\\UserController::show",
    "{closure:/home/bob/x.php:12}": "{closure}",
    "class@anonymous\0/home/bob/x.php:3$0": "class@anonymous",
    "block (2 levels) in <top (required)>": "block in <top>",
    "MyApp.build.<anonymous closure>": "MyApp.build.<closure>",
    "Foo.bar/2": "Foo.bar/2",
    # addresses
    "sub_7ff612345678": "",
    "FUN_00401000": "",
    "foo+0x1a2b": "foo",
    "0x7fff2039a0f0": "",
    # neither
    "github.com/acme/vpn/tunnel.Dial": "github.com/acme/vpn/tunnel.Dial",
    "empty?": "empty?",
    "?connect@Tunnel@@QEAAXXZ": "?connect@Tunnel@@QEAAXXZ",
    "operator/": "operator/",
    "https://example.org/account/bob.js": None,
    "account/bob": None,
    "page?user=bob": None,
    "failed for user bob smith": None,
    "/home/bob/app/x": None,
    "C:\\Users\\bob\\x": None,
    "~/x": None,
    "read /home/bob/x": None,
}


@pytest.mark.parametrize(("sent", "normal"), FUNCTIONS.items())
def test_functions(sent: str, normal: str | None) -> None:
    assert normal_function(sent) == normal


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("com.foo.Bar$$Lambda$123/0x0000000800c8", "com.foo.Bar$$Lambda"),
        ("com.foo.Bar$$Lambda$14/558638686", "com.foo.Bar$$Lambda"),
        ("com.foo.Bar$$Lambda/0x00007f1234000a00", "com.foo.Bar$$Lambda"),
        ("com.foo.Bar$1$2", "com.foo.Bar$$"),
        ("com.foo.Bar$Baz", "com.foo.Bar$Baz"),
        ("@sentry/node.build.cjs:index", "@sentry/node.build.cjs:index"),
        ("github.com/acme/vpn/tunnel", "github.com/acme/vpn/tunnel"),
        ("System.Collections.Generic.List`1[[System.Int32, mscorlib]]", "System.Collections.Generic.List"),
        ("std::vector<int>", "std::vector"),
        ("/home/bob/app", None),
        ("C:\\Users\\bob\\app", None),
        ("Users/bob/app", None),
        ("page?user=bob", None),
        ("https://example.org/bob", None),
        ("a sentence about bob", None),
    ],
)
def test_modules(sent: str, normal: str | None) -> None:
    assert normal_module(sent) == normal


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("java.lang.IllegalStateException", "java.lang.IllegalStateException"),
        ("EXC_BAD_ACCESS / KERN_INVALID_ADDRESS / 0x7fff2039a0f0", "EXC_BAD_ACCESS / KERN_INVALID_ADDRESS"),
        ("boost::exception_detail::clone_impl<boost::bad_get>", "boost::exception_detail::clone_impl"),
        ("Foo$1", "Foo$"),
        ("*errors.errorString", "*errors.errorString"),
    ],
)
def test_types(sent: str, normal: str) -> None:
    assert normal_type(sent) == normal


def test_a_name_made_of_cuts_is_not_worked_through() -> None:
    assert normal_function("$1" * 5000) == "$" * 8 + "$1" * (256 - 8)


@given(st.text(max_size=80) | st.text(alphabet="<>()[]{}:$ ab0x/\\`'@-.", max_size=80))
@settings(derandomize=True, max_examples=800)
def test_any_text_has_a_normal_form_or_none(text: str) -> None:
    normal = normal_function(text)
    assert normal is None or len(normal) <= len(text) + 16
    assert len(normal_type(text)) <= len(text) + 16
    module = normal_module(text)
    assert module is None or " " not in module


@given(st.sampled_from(sorted(key for key, normal in FUNCTIONS.items() if normal)))
@settings(derandomize=True)
def test_a_normal_form_is_its_own_normal_form(sent: str) -> None:
    normal = normal_function(sent)
    assert normal is not None
    assert normal_function(normal) == normal
