"""Known vulnerabilities of the packages of constraints.txt: `make audit`.

Where the service of advisories cannot be reached it says so, and nothing fails.
"""

from __future__ import annotations

import json
import subprocess
import sys

OPTIONS = "-r constraints.txt --no-deps --disable-pip --progress-spinner off --format json"


def main() -> int:
    """1 where a package has a known vulnerability."""
    words = [sys.executable, "-m", "pip_audit", *OPTIONS.split()]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    packages = json.loads(done.stdout)["dependencies"] if done.stdout else []
    audited = [package for package in packages if "vulns" in package]
    faults = [(package, fault) for package in audited for fault in package["vulns"]]
    for package, fault in faults:
        repaired = ", ".join(fault["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {fault['id']}, repaired in {repaired}")
    print(f"{len(audited)} of {len(packages)} packages were compared with known vulnerabilities.")
    if len(audited) < len(packages) or not packages:
        print("Nothing is known of the others: no service of advisories answered for them.")
    if not packages:
        print(done.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
