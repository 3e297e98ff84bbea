"""The commands of `lab`, one file for each subject: parse, call the runner, print."""
