"""What `action.yml` runs: the gate with the inputs of the action, and its result where GitHub shows results."""

import os
import shlex
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the gate, print the annotations, add the summary to the job; the exit code of the gate."""
    report = Path(os.environ.get("REPORT") or Path(os.environ["RUNNER_TEMP"], "contract-reports"))
    try:
        options = shlex.split(os.environ.get("ARGS", ""))
    except ValueError as error:
        sys.stderr.write(f"args: {error}.\n")
        return 2
    words = [sys.executable, "-m", "flowcontract", "gate", *options]
    words += ["--report", str(report)]
    words += [os.environ["URL"]] if os.environ.get("URL") else []
    words += ["--spec", os.environ["SPEC"]] if os.environ.get("SPEC") else []
    code = subprocess.run(words, check=False).returncode  # noqa: S603  a command of our own
    annotations, summary = report / "annotations.txt", report / "summary.md"
    if annotations.is_file():
        sys.stdout.write(annotations.read_text("utf-8"))
    for variable, text in (
        ("GITHUB_STEP_SUMMARY", summary.read_text("utf-8") if summary.is_file() else ""),
        ("GITHUB_OUTPUT", f"exit-code={code}\nreport={report}\n"),
    ):
        if text and os.environ.get(variable):
            with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
                file.write(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
