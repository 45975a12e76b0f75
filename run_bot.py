"""Chexin's command line: wiring only. Heavy imports happen inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.commands.groups import channels, deliveries, sop
from bot.commands.line import As, Json, Now, guarded, instant
from bot.commands.privacy_line import register as privacy

app = typer.Typer(
    help="Chexin (车信): the automotive CRM that lives in chat.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
app.add_typer(deliveries, name="deliveries")
app.add_typer(channels, name="channels")
app.add_typer(sop, name="sop")


@app.command()
def serve(
    role: Annotated[str, typer.Option(help="all, web or worker")] = "all",
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo dealership and print sign-in links")] = False,
    clock: Annotated[str, typer.Option(help="Move the demo's clock, for example +1h or +2d")] = "",
) -> None:
    """Serve the web chat, the lead intake and whatever channel is configured."""
    from bot.commands.serving import serve as run
    from schedulers.engine import Engine

    guarded(run, Engine, role, demo, clock)


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What the person says; - reads lines from standard input")] = "",
    as_: As = "rep1",
    now: Now = "",
    press: Annotated[str, typer.Option(help="Press the button with this label or id")] = "",
    inbox: Annotated[bool, typer.Option("--inbox", help="Show what was pushed to this person")] = False,
    file: Annotated[Path | None, typer.Option(help="Send this file, such as a PDF for the knowledge base")] = None,
    json_: Json = False,
) -> None:
    """One turn of conversation in the terminal."""
    from bot.commands.talking import say as run

    guarded(run, text, as_, now, press, inbox, json_, file)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question for the knowledge base")],
    as_: As = "rep1",
    json_: Json = False,
) -> None:
    """Answer from the knowledge base, with sources."""
    from bot.commands.talking import ask as run

    guarded(run, question, as_, json_)


@app.command()
def understand(
    as_: Annotated[str, typer.Option("--as", help="rep, manager, customer")] = "rep",
    now: Now = "",
    json_: Json = True,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Each input line is a JSON object")] = False,
) -> None:
    """Say what is understood of each line on standard input."""
    import sys

    from bot.settings import BotSettings
    from intents.cli import run
    from intents.llm import open_model

    for line in run(sys.stdin, jsonl=jsonl, role=as_, now=instant(now), model=open_model(BotSettings().model())):
        typer.echo(line)


@app.command(name="import", epilog="The same file again changes nothing. An import that was cut short goes on when it "
             "is run again. Rows that cannot be used go to NAME.rejected.csv with line and reason; where the catalogue "
             "says both yes and no, NAME.contradictions.csv says so. Columns may be Chinese or English.")
def import_(
    kind: Annotated[str, typer.Argument(help="staff, customers, vehicles, stock_cars, models, parts, applications, "
                                        "supersessions, interchanges, aftermarket, crossrefs, prices, stock, leads, orders, "
                                        "contacts, appointments, or aces. An ACES file needs none: import FILE.xml")],
    file: Annotated[Path | None, typer.Argument(help="A CSV or XLSX file; or ACES XML 3.x or 4.x, of any size")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A YAML file: their column → ours")] = None,
    names: Annotated[Path | None, typer.Option(help="Names for the ids of an ACES file, CSV or XLSX: id, year, make, "
                                               "model (base vehicles); or table, id, name (SubModel, Position, PartType, "
                                               "Brand ...)")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and report, change nothing")] = False,
    as_: Annotated[str, typer.Option("--as", help="Who imports; default: the deployment itself")] = "",
    unit: Annotated[str, typer.Option(help="The unit that rows without one belong to")] = "",
) -> None:  # fmt: skip
    """Bring data in: people, customers, the parts catalogue, prices, stock."""
    from bot.commands.importing import import_file

    guarded(import_file, kind, file, mapping, names, dry_run, as_, unit)


@app.command()
def invite(
    person: Annotated[str, typer.Argument(help="The person's id, such as rep1")],
    channel: Annotated[str, typer.Option(help="telegram, wecom or web")] = "web",
) -> None:
    """Print a one-time link or token that binds an account to a person."""
    from bot.commands.admin import invite as run

    guarded(run, person, channel)


@app.command()
def admin(
    name: Annotated[str, typer.Argument(help="The administrator's name")],
    unit: Annotated[str, typer.Option(help="Where: group, group.region or group.region.dealer; made when missing")],
    channel: Annotated[str, typer.Option(help="How he signs in: web, telegram or wecom")] = "web",
    id_: Annotated[str, typer.Option("--id", help="The id others will know him by")] = "admin",
    language: Annotated[str, typer.Option(help="zh or en")] = "zh",
    unit_name: Annotated[str, typer.Option(help="What people call the unit, such as the dealer's name")] = "",
    new_group: Annotated[bool, typer.Option("--new-group", help="A group beside the ones there are")] = False,
) -> None:
    """Make the first administrator of a dealership, and print what lets him in, once."""
    from bot.commands.admin import first_admin as run

    guarded(run, name, unit, channel, id_, language, unit_name, new_group)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A file; or a folder, for a file with the date in its name")],
    keep: Annotated[int, typer.Option(min=0, help="In a folder, delete all but so many of the newest; 0: none")] = 0,
) -> None:
    """Write a consistent backup while the servers work."""
    from bot.commands.safety import backup as run

    guarded(run, target, keep)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup")],
    into: Annotated[str, typer.Option(help="Another data directory or database address; default: the settings'")] = "",
    force: Annotated[bool, typer.Option("--force", help="Even where there is data: SQLite's is put aside")] = False,
    look: Annotated[bool, typer.Option("--look", help="Only say what is in it")] = False,
) -> None:
    """Bring a backup back, with deliveries paused until somebody chooses; one of SQLite also into PostgreSQL."""
    from bot.commands.safety import restore as run

    guarded(run, file, into, force, look)


@app.command(name="rotate-key")
def rotate_key(
    check_: Annotated[bool, typer.Option("--check", help="Only say what is not under the present key")] = False,
    batch: Annotated[int, typer.Option(min=1, help="Rows a transaction")] = 500,
) -> None:
    """Seal everything under a new secret key, while the servers work; may be stopped and started again."""
    from bot.commands.safety import rotate_key as run

    guarded(run, check_, batch)


privacy(app)


@app.command(name="verify-audit")
def verify_audit(
    anchor: Annotated[Path | None, typer.Option(help="A copy of the anchors that was kept elsewhere")] = None,
    json_: Json = False,
) -> None:
    """Say whether the audit is as it was written; 1, with the lines that are not, when it was tampered with."""
    from bot.commands.auditing import verify_audit as run

    guarded(run, anchor, json_)


@app.command()
def migrate(
    check_: Annotated[bool, typer.Option("--check", help="Only say where the schema is; 1 when it is behind")] = False,
) -> None:
    """Bring the database's schema up to date; a start does it by itself unless CHEXIN_MIGRATE=manual."""
    from bot.commands.safety import migrate as run

    guarded(run, check_)


@app.command()
def learn(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Markdown, text, HTML, PDF, DOCX, XLSX or CSV files, or folders of them")
    ] = None,
    audience: Annotated[str, typer.Option(help="For files that do not say it: public, customer or staff")] = "staff",
    unit: Annotated[str, typer.Option(help="For files that do not say it: the unit they are for, such as a dealer")] = "",
    valid_from: Annotated[str, typer.Option(help="For files that do not say it: the first day, as 2026-01-31")] = "",
    valid_until: Annotated[str, typer.Option(help="For files that do not say it: the last day")] = "",
    review: Annotated[bool, typer.Option("--review", help="Keep them as drafts until somebody has looked")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List what was learnt")] = False,
    remove: Annotated[list[str] | None, typer.Option(help="Remove a document by its source, as --list shows it")] = None,
) -> None:
    """Learn documents for the knowledge base; the same file again replaces its former version."""
    from bot.commands.documents import learn_command as run

    guarded(run, paths or [], (audience, unit, valid_from, valid_until, review), list_, remove or [])


@app.command()
def reindex(
    calibrate: Annotated[
        Path | None,
        typer.Option(help='Lines of {"q", "ids"}: questions, and the titles or files that answer them; [] for none'),
    ] = None,
) -> None:
    """Embed all documents with the configured model, ahead of need; goes on where it was stopped."""
    from bot.commands.searching import reindex as run

    guarded(run, calibrate)


@app.command()
def check(
    live: Annotated[bool, typer.Option("--live", help="Also ask the platforms whether all fits")] = False,
) -> None:
    """Check settings, policies, sentences and texts; every problem with file and line."""
    from bot.commands.admin import check as run

    guarded(run, live)


@app.command()
def explain(
    policy: Annotated[str, typer.Argument(help="A policy, such as approvals or sop/first_call")],
    unit: Annotated[str, typer.Option(help="Where it is asked about: a unit's path")] = "",
    line: Annotated[str, typer.Option(help="A brand or product line")] = "",
    record: Annotated[str, typer.Argument(help="With access --as: kind:id, a reference or a customer's name")] = "",
    as_: Annotated[str, typer.Option("--as", help="With access: whose right to the record is explained")] = "",
    action: Annotated[str, typer.Option(help="With access --as: read, write ...")] = "read",
    as_json: Json = False,
) -> None:
    """Say what a policy holds in one place, and where each part comes from; or who may see a record, and why."""
    if policy == "access" and as_:
        from bot.commands.access import explain as why

        guarded(why, as_, record, action, as_json)
        return
    from bot.commands.admin import explain as run

    guarded(run, policy, unit, line)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context, name: Annotated[str, typer.Argument(help="leads, turns or growth")]) -> None:
    """Measure, beside a floor in the same run."""
    from benchmarks import run

    guarded(run, name, *context.args)


if __name__ == "__main__":
    app()
