"""The one account store: accounts, credentials, sign-in, profile, divisions, scopes and grants."""
