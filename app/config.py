"""Settings: read once from the environment, typed, checked, explained in Chinese when wrong."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MODES = ("demo", "production", "test")
DEFAULT_SECRETS = {"", "secret", "changeme", "dev", "please-change-me"}
MINIMUM_SECRET_LENGTH = 32
MANY_TRIES = 10_000


class ConfigError(Exception):
    """A setting is wrong; the message is one Chinese sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the platform. docs/configuration.md is the table for people."""

    mode: str
    secret_key: str
    field_keys: tuple[bytes, ...]
    var_dir: Path
    database_url: str
    redis_url: str | None = None
    storage_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    trusted_proxies: int = 0
    ticker: bool = True
    argon2_cheap: bool = False
    upload_limit: int = 20 * 1024 * 1024
    sign_in_days: int = 14
    sign_in_tries: int = 10  # failures of one account in 15 minutes
    sign_in_tries_of_address: int = 100  # a class room shares one address
    demo_password: str = "Demo-2026"  # noqa: S105 - shown on the sign-in page of the demo mode
    jobs_inline: bool = False
    rtmp_url: str | None = None  # media server that encoders (OBS) push to; None: hosts use their browser
    rtmp_pull_url: str | None = None  # where the platform fetches the same streams
    push_hosts: frozenset[str] = frozenset()  # hosts that messages of the open platform may be pushed to
    platform_calls: int = 600  # calls of the open platform a minute, of one app from one address
    signing_file: Path | None = None  # PEM with the key and certificate of the platform's seal; None: made on first use
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_demo(self) -> bool:
        """Demo mode shows the demo accounts; production never does."""
        return self.mode == "demo"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def _integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ConfigError(f"设置 {name}={text!r} 无效：应为 {low} 到 {high} 之间的整数。")
    return int(text)


def _switch(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environ.get(name, "").strip().lower()
    if not text:
        return default
    if text not in {"on", "off", "1", "0", "true", "false"}:
        raise ConfigError(f"设置 {name}={text!r} 无效：应为 on 或 off。")
    return text in {"on", "1", "true"}


def _kept_secret(path: Path, length: int) -> str:
    """Return the secret kept in the file, made on first use; readable by the owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(descriptor, "w") as handle:
            handle.write(base64.urlsafe_b64encode(secrets.token_bytes(length)).decode())
    return path.read_text().strip()


def parse_field_keys(text: str) -> tuple[bytes, ...]:
    """Parse FIELD_KEYS: comma-separated urlsafe base64 keys of 32 bytes, newest first."""
    keys = []
    for number, part in enumerate(filter(None, (p.strip() for p in text.split(","))), 1):
        try:
            key = base64.urlsafe_b64decode(part)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ConfigError(f"设置 FIELD_KEYS 的第 {number} 把密钥无效：应为 32 字节的 urlsafe base64 文本。")
        keys.append(part.encode())
    return tuple(keys)


def _database_url(environ: Mapping[str, str], var_dir: Path) -> str:
    url = environ.get("DATABASE_URL", "").strip()
    if not url:
        return f"sqlite:///{var_dir / 'app.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("设置 DATABASE_URL 无效：应以 sqlite:/// 或 postgresql:// 开头。")
    return url


def _rtmp_url(name: str, text: str) -> str | None:
    url = text.strip().rstrip("/")
    if url and (not url.startswith(("rtmp://", "rtmps://")) or url.count("/") < 3):
        raise ConfigError(f"设置 {name}={url!r} 无效：应为 rtmp://主机/应用名，例如 rtmp://live.example.org/live。")
    return url or None


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings.

    Raises ConfigError with one Chinese sentence that names the setting, what is wrong and what to do.
    """
    env = os.environ if environ is None else environ
    mode = env.get("APP_MODE", "demo").strip() or "demo"
    if mode not in MODES:
        raise ConfigError(f"设置 APP_MODE={mode!r} 无效：应为 demo 或 production。")
    root = Path(__file__).resolve().parent.parent
    var_dir = Path(env.get("VAR_DIR", "") or root / "var").resolve()
    secret_key = env.get("SECRET_KEY", "").strip()
    field_text = env.get("FIELD_KEYS", "").strip()
    if mode == "production":
        if secret_key.lower() in DEFAULT_SECRETS or len(secret_key) < MINIMUM_SECRET_LENGTH:
            raise ConfigError(
                "生产模式缺少 SECRET_KEY：请设置至少 32 个字符的随机文本（例如 openssl rand -base64 48 的输出）。"
            )
        if not field_text:
            raise ConfigError(
                "生产模式缺少 FIELD_KEYS：请设置至少一把字段加密密钥（openssl rand -base64 32 | tr '+/' '-_' 的输出）。"
            )
        if env.get("FLASK_DEBUG", "").strip() in {"1", "true", "on"}:
            raise ConfigError("生产模式不允许 FLASK_DEBUG：请去掉这个设置。")
        if env.get("DEMO_PASSWORD"):
            raise ConfigError("生产模式不允许 DEMO_PASSWORD：演示账号只存在于演示模式。")
    else:
        secret_key = secret_key or _kept_secret(var_dir / "secret.key", 48)
        field_text = field_text or _kept_secret(var_dir / "field.key", 32)
    signing_text = env.get("SIGNING_FILE", "").strip()
    if signing_text and not Path(signing_text).is_file():
        raise ConfigError(f"设置 SIGNING_FILE={signing_text!r} 无效：没有这个文件，应为含私钥和证书的 PEM 文件。")
    redis_url = env.get("REDIS_URL", "").strip() or None
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise ConfigError("设置 REDIS_URL 无效：应以 redis:// 或 rediss:// 开头。")
    storage_url = env.get("STORAGE_URL", "").strip() or None
    if storage_url and not storage_url.startswith(("s3://", "file://")):
        raise ConfigError("设置 STORAGE_URL 无效：应以 s3:// 或 file:// 开头。")
    rtmp_url = _rtmp_url("RTMP_URL", env.get("RTMP_URL", ""))
    rtmp_pull_url = _rtmp_url("RTMP_PULL_URL", env.get("RTMP_PULL_URL", ""))
    return Settings(
        mode=mode,
        secret_key=secret_key,
        field_keys=parse_field_keys(field_text),
        var_dir=var_dir,
        database_url=_database_url(env, var_dir),
        redis_url=redis_url,
        storage_url=storage_url,
        host=env.get("HOST", "").strip() or "127.0.0.1",
        port=_integer(env, "PORT", 8000, 1, 65535),
        public_url=env.get("PUBLIC_URL", "").strip().rstrip("/") or None,
        trusted_proxies=_integer(env, "TRUSTED_PROXIES", 0, 0, 5),
        ticker=_switch(env, "TICKER", default=True),
        argon2_cheap=mode == "test",
        upload_limit=_integer(env, "UPLOAD_LIMIT_MB", 20, 1, 2048) * 1024 * 1024,
        sign_in_days=_integer(env, "SIGN_IN_DAYS", 14, 1, 365),
        sign_in_tries=_integer(env, "SIGN_IN_TRIES", 10 if mode != "test" else MANY_TRIES, 1, MANY_TRIES),
        sign_in_tries_of_address=_integer(
            env, "SIGN_IN_TRIES_OF_ADDRESS", 10_000 if mode == "test" else 100, 1, 10_000
        ),
        demo_password=env.get("DEMO_PASSWORD", "").strip() or "Demo-2026",
        push_hosts=frozenset(h.strip().lower() for h in env.get("PUSH_HOSTS", "").split(",") if h.strip()),
        platform_calls=_integer(env, "PLATFORM_CALLS", 600, 10, 100_000),
        signing_file=Path(signing_text).resolve() if signing_text else None,
        jobs_inline=_switch(env, "JOBS_INLINE", default=mode == "test"),
        rtmp_url=rtmp_url,
        rtmp_pull_url=(rtmp_pull_url or rtmp_url) if rtmp_url else None,
    )
