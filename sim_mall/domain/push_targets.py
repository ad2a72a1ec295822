"""Where messages may be pushed: this machine's practice ports and hosts that the operator names.

A trainee types the address, the platform calls it from inside the network: anything else could be used to
reach machines that trainees must not reach (SSRF).
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

INBOX = "inbox"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PRACTICE_PORTS = range(9000, 9100)


def target_problem(url: str, hosts: Collection[str], own_port: int) -> str | None:
    """Return why this address may not be pushed to, in Chinese, or None.

    hosts: lower-case names that the operator allows, ``name`` (port of the scheme) or ``name:port``.
    """
    if len(url) > 300 or any(ord(ch) <= 32 or ord(ch) == 127 for ch in url) or "\\" in url:
        return "推送地址不能有空格或特殊字符，最多 300 个字符。"
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "推送地址不完整，应类似 http://127.0.0.1:9000/push。"
    if parts.scheme not in {"http", "https"} or not host:
        return "推送地址应以 http:// 或 https:// 开头，例如 http://127.0.0.1:9000/push。"
    if parts.username or parts.password or "@" in parts.netloc:
        return "推送地址里不能带用户名或密码。"
    if host in LOOPBACK:
        if port in PRACTICE_PORTS and port != own_port:
            return None
        return f"本机地址只能用 {PRACTICE_PORTS.start} 到 {PRACTICE_PORTS.stop - 1} 端口（练习接收端口）。"
    default = 443 if parts.scheme == "https" else 80
    if f"{host}:{port}" in hosts or (port == default and host in hosts):
        return None
    return "这个主机不在允许推送的名单里；请用平台收件箱、本机练习端口，或请管理员加入名单。"
