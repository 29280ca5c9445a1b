"""The command line. Every import that takes time waits for the command that wants it: `--help` answers at once."""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, Optional

import typer

if TYPE_CHECKING:
    from collector.settings import Settings

main = typer.Typer(
    name="logless",
    help="Self-hosted analytics and crash collector that keeps counters and nobody's data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
site = typer.Typer(help="Websites.", no_args_is_help=True)
app = typer.Typer(help="Apps that send crash reports.", no_args_is_help=True)
user = typer.Typer(help="People who may look.", no_args_is_help=True)
token = typer.Typer(help="Keys for the Stats API.", no_args_is_help=True)
retention = typer.Typer(help="Deletion of what is past its time.", no_args_is_help=True)
privacy = typer.Typer(help="What is held, asked of the store itself.", no_args_is_help=True)
symbols = typer.Typer(help="What a release's developers upload.", no_args_is_help=True)
geo = typer.Typer(help="The country database.", no_args_is_help=True)
explain = typer.Typer(help="What becomes of a submission, step by step.", no_args_is_help=True)
for name, group in (
    ("site", site), ("app", app), ("user", user), ("token", token),
    ("retention", retention), ("privacy", privacy), ("symbols", symbols), ("geo", geo), ("explain", explain),
):  # fmt: skip
    main.add_typer(group, name=name)

Config = Annotated[Path, typer.Option("--config", envvar="LOGLESS_CONFIG", help="Configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_CONFIG: Final = Path("logless.toml")

FAILED: Final = 1


def _settings(config: Path, *, must_exist: bool = True) -> Settings:
    from collector.settings import SettingsError, read_settings

    try:
        return read_settings(config, must_exist=must_exist)
    except SettingsError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(FAILED)


def _do(config: Path, command: str, arguments: Mapping[str, Any], *, must_exist: bool = True) -> Any:
    """Do a command in the running server, or here when none runs; end with a message and exit 1 when it is refused."""
    from collector.errand import run_errand

    settings = _settings(config, must_exist=must_exist)
    return run_errand(config, settings, command, arguments, _fail)


def _show(result: Any, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, default=str))
    elif isinstance(result, list):
        for entry in result:
            typer.echo("  ".join(f"{name}={_text(value)}" for name, value in entry.items()))
        if not result:
            typer.echo("none")
    else:
        for name, value in result.items():
            typer.echo(f"{name}: {_text(value)}")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
    return str(value)


@main.command()
def serve(config: Config = _CONFIG) -> None:
    """Serve: collect, count, and show."""
    from collector.serving import run

    settings = _settings(config)
    raise typer.Exit(run(config, settings))


@main.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demonstration keeps its data.")] = Path(".logless"),
    days: Annotated[int, typer.Option(help="Days of history to make.", min=0, max=90)] = 30,
) -> None:
    """Serve a demonstration: a site with pages to click, an app that crashes, and thirty days of history."""
    from collector.serving import run_demonstration

    raise typer.Exit(run_demonstration(folder, days, _settings))


@main.command()
def check(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """Read the configuration and say what is wrong with it."""
    settings = _settings(config)
    _show({"config": str(config), "sites": [s.id for s in settings.site], "apps": [a.name for a in settings.app]},
          as_json=as_json)  # fmt: skip


@main.command()
def doctor(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """Look at the machine and the configuration for what would leak, fail or be slow."""
    from collector.doctor import examine

    findings = examine(_settings(config))
    if as_json:
        typer.echo(json.dumps(findings))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding['ok'] else 'LOOK'}  {finding['check']}: {finding['found']}")
    if not all(finding["ok"] or finding["warning"] for finding in findings):
        raise typer.Exit(FAILED)


@main.command()
def migrate(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """Bring the tables up to date. `serve` does this by itself."""
    _show(_do(config, "migrate", {}), as_json=as_json)


@main.command()
def replay(
    file: Annotated[Path, typer.Argument(help="One submission a line, as JSON.")],
    until: Annotated[Optional[str], typer.Option(help="Move the clock on to this time at the end (ISO 8601).")] = None,  # noqa: UP045
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Feed timed submissions through the real pipeline, under their own clock."""
    if not file.exists():
        _fail(f"{file} is not there")
    _show(_do(config, "replay", {"file": str(file.resolve()), "until": until}), as_json=as_json)


@main.command("import")
def import_log(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Logs, gzip or not; - for standard input.")],
    given: Annotated[str, typer.Option("--site", help="The site whose log it is.")],
    form: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--format", help="combined, vhost_combined, common, vhost_common, caddy, or the log_format."),
    ] = None,
    until: Annotated[Optional[str], typer.Option(help="Count only the days before this one.")] = None,  # noqa: UP045
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be counted.")] = False,
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Count the page views of a web server's log: nginx, Apache or Caddy. Days that are there are left alone."""
    if Path("-") in files and len(files) > 1:
        raise typer.BadParameter("- stands alone: what comes from it cannot be put in order")
    for file in files:
        if not file.exists() and file != Path("-"):
            _fail(f"{file} is not there")
    # A running server opens this command's standard input by the name that the kernel gives it.
    stdin = f"/proc/{os.getpid()}/fd/0"
    named = [(str(file), stdin if file == Path("-") else str(file.resolve())) for file in files]
    arguments = {"files": named, "site": given, "format": form, "until": until, "dry_run": dry_run}
    _show(_do(config, "import", arguments), as_json=as_json)


@main.command("send-test")
def send_test(
    kind: Annotated[str, typer.Argument(help="hit or crash")],
    given: Annotated[Optional[str], typer.Argument(metavar="[ID]", help="Site id or app number.")] = None,  # noqa: UP045
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Send one submission through the front door of the running server."""
    if kind not in {"hit", "crash"}:
        raise typer.BadParameter("say hit or crash")
    _show(_do(config, "send-test", {"kind": kind, "id": given}), as_json=as_json)


@explain.command("hit")
def explain_hit(
    file: Annotated[Path, typer.Argument(help="Lines as for replay, or the body of one submission.")],
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say of each step what it does with a hit, and what the hit would add. Nothing is counted."""
    from collector.acts.explanations import write_explanation

    if not file.exists():
        _fail(f"{file} is not there")
    result = _do(config, "explain hit", {"file": str(file.resolve())})
    typer.echo(json.dumps(result) if as_json else "\n".join(line for one in result for line in write_explanation(one)))


@explain.command("crash")
def explain_crash(
    file: Annotated[Path, typer.Argument(help="Lines as for replay, or an envelope, an event in JSON or a minidump.")],
    app_id: Annotated[
        int | None, typer.Option("--app", help="The app that it is of, if the file does not say.")
    ] = None,
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say what becomes of each field of a crash report, its group, and what it would add. Nothing is counted."""
    from collector.acts.crash_explanations import write_crash_explanation

    if not file.exists():
        _fail(f"{file} is not there")
    result = _do(config, "explain crash", {"file": str(file.resolve()), "app": app_id})
    lines = [line for one in result for line in write_crash_explanation(one)]
    typer.echo(json.dumps(result) if as_json else "\n".join(lines))


@site.command("list")
def site_list(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """List the configured sites."""
    _show(_do(config, "site list", {}), as_json=as_json)


@site.command("add")
def site_add(
    given: Annotated[str, typer.Argument(metavar="ID", help="A name, such as example.org.")],
    host: Annotated[list[str], typer.Option(help="A host that it is served under; may be repeated.")] = [],  # noqa: B006
    timezone: Annotated[str, typer.Option(help="Its time zone.")] = "UTC",
    profile: Annotated[str, typer.Option(help="plain, standard or strict.")] = "standard",
    page: Annotated[list[str], typer.Option(help="A page or glob to declare; may be repeated.")] = [],  # noqa: B006
    sitemap: Annotated[Optional[Path], typer.Option(help="A file whose pages are declared too.")] = None,  # noqa: UP045
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add a site to the configuration; a running server takes it at once."""
    file = str(sitemap.resolve()) if sitemap is not None else None
    values = {"id": given, "hosts": host, "timezone": timezone, "profile": profile, "pages": page, "sitemap": file}
    arguments = {"config": str(config.resolve()), "values": values}
    _show(_do(config, "site add", arguments, must_exist=False), as_json=as_json)


@site.command("snippet")
def site_snippet(
    given: Annotated[str, typer.Argument(metavar="ID")], config: Config = _CONFIG, as_json: AsJson = False
) -> None:
    """Print the tag that a page of the site carries."""
    result = _do(config, "site snippet", {"id": given})
    if as_json:
        typer.echo(json.dumps(result))
    else:
        typer.echo(result["snippet"])


@site.command("delete")
def site_delete(
    given: Annotated[str, typer.Argument(metavar="ID")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Delete all counters of a site, and take it out of the configuration."""
    if not yes:
        typer.confirm(f'Delete all counters of "{given}"?', abort=True)
    _show(_do(config, "site delete", {"id": given, "config": str(config.resolve())}), as_json=as_json)


@app.command("list")
def app_list(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """List the configured apps."""
    _show(_do(config, "app list", {}), as_json=as_json)


@app.command("add")
def app_add(
    given: Annotated[str, typer.Argument(metavar="NAME")],
    number: Annotated[Optional[int], typer.Option("--id", help="Its number in the DSN.")] = None,  # noqa: UP045
    timezone: Annotated[str, typer.Option(help="Its time zone.")] = "UTC",
    profile: Annotated[str, typer.Option(help="plain, standard or strict.")] = "standard",
    consent: Annotated[str, typer.Option(help="explicit (the person confirms each report) or opt-out.")] = "explicit",
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add an app to the configuration and print its DSN."""
    values = {"id": number, "name": given, "timezone": timezone, "profile": profile, "consent": consent}
    arguments = {"config": str(config.resolve()), "values": values}
    _show(_do(config, "app add", arguments, must_exist=False), as_json=as_json)


@app.command("dsn")
def app_dsn(
    number: Annotated[int, typer.Argument(metavar="ID")], config: Config = _CONFIG, as_json: AsJson = False
) -> None:
    """Print the DSN that an SDK is given."""
    result = _do(config, "app dsn", {"id": number})
    typer.echo(json.dumps(result) if as_json else result["dsn"])


@user.command("list")
def user_list(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """List the people who may look."""
    _show(_do(config, "user list", {}), as_json=as_json)


Role = Annotated[str, typer.Option(help="owner, editor or viewer.")]


def _role(text: str) -> str:
    if text not in {"owner", "editor", "viewer"}:
        raise typer.BadParameter("say owner, editor or viewer")
    return text


@user.command("add")
def user_add(
    given: Annotated[str, typer.Argument(metavar="NAME")],
    role: Role = "viewer",
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Add somebody and print a link that signs them in once, within 15 minutes."""
    _show(_do(config, "user add", {"name": given, "role": _role(role)}), as_json=as_json)


@user.command("role")
def user_role(
    given: Annotated[str, typer.Argument(metavar="NAME")],
    role: Annotated[str, typer.Argument(help="owner, editor or viewer")],
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Change what somebody may do."""
    _show(_do(config, "user role", {"name": given, "role": _role(role)}), as_json=as_json)


@user.command("reset")
def user_reset(
    given: Annotated[str, typer.Argument(metavar="NAME")], config: Config = _CONFIG, as_json: AsJson = False
) -> None:
    """Sign somebody out everywhere and print a fresh link."""
    _show(_do(config, "user reset", {"name": given}), as_json=as_json)


@user.command("remove")
def user_remove(
    given: Annotated[str, typer.Argument(metavar="NAME")], config: Config = _CONFIG, as_json: AsJson = False
) -> None:
    """Remove somebody with their sessions and links; the last owner stays."""
    _show(_do(config, "user remove", {"name": given}), as_json=as_json)


@token.command("create")
def token_create(
    given: Annotated[str, typer.Argument(metavar="NAME")],
    of_site: Annotated[Optional[str], typer.Option("--site", help="Only this site.")] = None,  # noqa: UP045
    of_app: Annotated[Optional[int], typer.Option("--app", help="Only this app.")] = None,  # noqa: UP045
    scope: Annotated[str, typer.Option(help="What it opens.")] = "stats",
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Create a token; it is shown once."""
    arguments = {"name": given, "site": of_site, "app": of_app, "scope": scope}
    _show(_do(config, "token create", arguments), as_json=as_json)


@token.command("list")
def token_list(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """List tokens, without their secrets."""
    _show(_do(config, "token list", {}), as_json=as_json)


@token.command("revoke")
def token_revoke(
    number: Annotated[int, typer.Argument(metavar="ID")], config: Config = _CONFIG, as_json: AsJson = False
) -> None:
    """Revoke a token at once."""
    _show(_do(config, "token revoke", {"id": number}), as_json=as_json)


@retention.command("run")
def retention_run(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """Drop the partitions that are past their time. `serve` does this by itself."""
    _show(_do(config, "retention run", {}), as_json=as_json)


@privacy.command("inventory")
def privacy_inventory(config: Config = _CONFIG, as_json: AsJson = False) -> None:
    """List every column that exists and what it holds."""
    result = _do(config, "privacy inventory", {})
    if as_json:
        typer.echo(json.dumps(result))
        return
    for table, columns in result["tables"].items():
        typer.echo(table)
        for column in columns:
            typer.echo(f"  {column['column']}: {column['holds']}")


@privacy.command("scan")
def privacy_scan(
    file: Annotated[Path, typer.Argument(help="Texts to look for, one a line; - for standard input.")],
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Look for texts in every decompressed byte that this server keeps. Exit 1 when one is found."""
    from collector.scan import BlindScanError, places_of, scan
    from collector.settings import SettingsError

    settings = _settings(config)
    try:
        texts = (sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")).splitlines()
        result = scan(places_of(settings), [text for text in texts if text])
    except UnicodeDecodeError:
        _fail(f"{file} is not text in UTF-8")
    except OSError as error:
        _fail(f"{file}: {error.strerror}")
    except (SettingsError, BlindScanError, ValueError) as error:
        _fail(str(error))
    if not settings.store.url.startswith("chdb:"):
        typer.echo("The store is a server: its own disks were not looked at. Scan them where they are.", err=True)
    _show(result, as_json=as_json)
    if result["found"]:
        raise typer.Exit(FAILED)


@symbols.command("upload")
def symbols_upload(
    strings: Annotated[Path, typer.Option(help="Texts of the program: one a line, a JSON list, or strings.xml.")],
    release: Annotated[str, typer.Option(help="The release, as reports name it.")],
    number: Annotated[int, typer.Option("--app", help="Number of the app.")],
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Upload the texts of a release: messages that are one of them are shown at once."""
    arguments = {"strings": str(strings.resolve()), "release": release, "app": number}
    _show(_do(config, "symbols upload", arguments), as_json=as_json)


@geo.command("update")
def geo_update(
    file: Annotated[Path, typer.Argument(help="A MaxMind DB with countries.")],
    config: Config = _CONFIG,
    as_json: AsJson = False,
) -> None:
    """Check a country database and use it from the next start on."""
    _show(_do(config, "geo update", {"file": str(file.resolve())}), as_json=as_json)


if __name__ == "__main__":
    main()
