"""The verdict on a whole run, by its evidence alone: no engine, no clock, no network.

What is expected of one step its verb knows (`lab.scenario.steps`); here is what concerns all of
them: their order, and whether the evidence is whole.
"""
