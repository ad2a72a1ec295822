"""The simulated live room (直播间): shows of a shop, with goods sold in real time."""
