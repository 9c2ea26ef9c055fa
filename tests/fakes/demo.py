"""`make demo-telegram`: the service beside a stand-in for Telegram, to play with in a browser.

Uses a database of its own, `var/demo`, and the ports 8081 (stand-in) and 8080 (web page).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TOKEN = "100200300:demo-token-that-opens-nothing-anywhere"
API_PORT = int(os.environ.get("PUNTE_DEMO_PORT", "8081"))


def main() -> int:
    var = Path(os.environ.get("PUNTE_VAR", "var")).absolute() / "demo"
    api = [sys.executable, "-m", "tests.fakes.bot_api", "--port", str(API_PORT), "--token", TOKEN]
    env = os.environ | {
        "PUNTE_VAR": str(var),
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": f"http://127.0.0.1:{API_PORT}",
    }
    print(f"open http://127.0.0.1:{API_PORT}/ and play the person; Ctrl-C ends both", flush=True)
    stand_in = subprocess.Popen(api)
    try:
        return subprocess.call([sys.executable, "-m", "bot", "serve"], env=env)
    except KeyboardInterrupt:
        return 0
    finally:
        stand_in.terminate()
        stand_in.wait(5)


if __name__ == "__main__":
    sys.exit(main())
