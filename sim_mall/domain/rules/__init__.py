"""Rules of the platform (平台规则): texts, goods and conduct checked by machine, points and what they bring about."""
