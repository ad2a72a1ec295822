"""A client of the open platform (开放平台) in the standard library: signed calls, retries, incremental fetching.

python open_platform_client.py http://127.0.0.1:8000 app_… SECRET SHOP_ID
"""

import hashlib
import hmac
import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from urllib.parse import quote

OVERLAP, STEP = timedelta(minutes=3), timedelta(minutes=30)


class Client:
    """Calls one platform with one app's key and secret; keeps the newest version of every order it has seen."""

    def __init__(self, base: str, key: str, secret: str) -> None:
        self.base, self.key, self.secret = base.rstrip("/"), key, secret
        self.orders: dict[tuple[int, str], dict] = {}  # (shop, order number) → newest version
        self.cursor: datetime | None = None

    def call(self, method: str, path: str, query=(), body=None, key: str = "") -> dict:
        """Send one signed request; retry what may be retried. Raises RuntimeError with the platform's code."""
        pairs = sorted((quote(str(k), safe="~"), quote(str(v), safe="~")) for k, v in dict(query).items())
        target = path + ("?" + "&".join(f"{k}={v}" for k, v in pairs) if pairs else "")
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        for attempt in range(5):
            stamp, nonce = str(int(time.time())), secrets.token_hex(8)  # new for every attempt
            lines = (method, target, stamp, nonce, hashlib.sha256(data).hexdigest())
            sign = hmac.new(self.secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
            headers = {"X-App-Key": self.key, "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": sign}
            headers |= {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
            request = urllib.request.Request(self.base + target, data or None, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                told = json.loads(error.read() or b"{}")
                if error.code not in (429, 503) or attempt == 4:
                    raise RuntimeError(f"{told.get('code')}: {told.get('error')}") from error
                time.sleep(float(error.headers.get("Retry-After") or 1))
            except OSError:  # the answer was lost: the same Idempotency-Key makes a repeat harmless
                if attempt == 4:
                    raise
                time.sleep(0.2 * 2**attempt)
        raise AssertionError("unreachable")

    def fetch(self, shop_id: int, start: datetime, page_size: int = 50) -> int:
        """Fetch what changed since the cursor, window by window, each from its last page; return how many were new."""
        end = datetime.fromisoformat(self.call("GET", f"/open/v1/shops/{shop_id}")["fetchable_to"])
        position, new = (self.cursor - OVERLAP if self.cursor else start), 0
        while position < end:
            window = {"modified_from": position.isoformat(), "modified_to": min(position + STEP, end).isoformat()}
            path, query = f"/open/v1/shops/{shop_id}/orders", {**window, "page_size": page_size}
            for number in range(self.call("GET", path, query)["pages"], 0, -1):  # backwards: nothing slips by
                page = self.call("GET", path, {**query, "page_no": number, "use_has_next": "true"})
                for order in page["orders"]:
                    known = self.orders.get((shop_id, order["number"]))
                    if known is None or order["modified_at"] > known["modified_at"]:
                        self.orders[shop_id, order["number"]] = order
                        new += known is None
            position = min(position + STEP, end)
        self.cursor = max(end, self.cursor or end)
        return new


if __name__ == "__main__":
    base, key, secret, shop = sys.argv[1:5]
    client = Client(base, key, secret)
    now = datetime.fromisoformat(client.call("GET", f"/open/v1/shops/{shop}")["sim_now"])
    print(f"{client.fetch(int(shop), now - timedelta(days=1))} orders of the last simulated day")
