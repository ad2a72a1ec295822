"""Rules of passwords: long enough, not the login or phone, not one that everybody tries first."""

from __future__ import annotations

SHORTEST, LONGEST = 8, 128
COMMON = frozenset(
    [
        "12345678",
        "123456789",
        "1234567890",
        "0123456789",
        "87654321",
        "987654321",
        "11111111",
        "00000000",
        "88888888",
        "66666666",
        "99999999",
        "12341234",
        "11223344",
        "12344321",
        "123123123",
        "147258369",
        "159357159",
        "password",
        "password1",
        "password123",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "qwertyui",
        "qwertyuiop",
        "qwerty123",
        "1q2w3e4r",
        "1qaz2wsx",
        "1qazxsw2",
        "q1w2e3r4",
        "asdfghjk",
        "asdfghjkl",
        "zxcvbnm1",
        "zaq12wsx",
        "abcd1234",
        "a1234567",
        "a12345678",
        "a123456789",
        "aa123456",
        "aa12345678",
        "abc12345",
        "abc123456",
        "abcdefgh",
        "woaini520",
        "woaini1314",
        "5201314520",
        "52013140",
        "iloveyou",
        "iloveyou1",
        "admin123",
        "admin1234",
        "admin888",
        "administrator",
        "letmein1",
        "welcome1",
        "sunshine",
        "football",
        "baseball",
        "superman",
        "student1",
        "student123",
        "teacher1",
        "teacher123",
        "changeme",
        "wangchuang",
        "xuesheng1",
        "zhongguo",
        "china123",
        "china2026",
        "00001111",
        "10203040",
        "20202020",
        "31415926",
        "12121212",
        "13579246",
        "24681357",
        "asdf1234",
        "qwer1234",
        "qazwsxedc",
        "1234qwer",
        "123qweasd",
        "123qwe123",
        "abc123abc",
        "111222333",
        "123321123",
        "19901990",
        "20002000",
        "computer",
        "internet",
        "dragon123",
        "monkey123",
        "test1234",
        "demo1234",
    ]
)


class WeakPassword(ValueError):
    """The password cannot be used; the text is a Chinese sentence."""


def check_password(password: str, *, login: str, phone: str | None) -> None:
    """Raise WeakPassword unless the password may be used for this account."""
    folded = password.casefold()
    if len(password) < SHORTEST:
        raise WeakPassword(f"密码至少 {SHORTEST} 位。")
    if len(password) > LONGEST:
        raise WeakPassword(f"密码最多 {LONGEST} 位。")
    if folded == login.casefold() or (phone and phone in password):
        raise WeakPassword("密码不能是登录名或手机号。")
    if folded in COMMON or len(set(folded)) < 4:
        raise WeakPassword("这个密码太常见，很容易被猜中，请换一个。")
