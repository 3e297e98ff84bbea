"""The verdict, from what was seen and from that alone: no engine, no clock, no network."""
