"""The shell of the platform: accounts, classes, worlds, ledger and the web site around the simulations."""
