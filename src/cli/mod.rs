//! Floor 4, the command line: one file per command, arguments in, report out.
