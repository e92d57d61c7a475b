"""What people see in a terminal: live progress, tables, plain lines where there is no terminal."""
