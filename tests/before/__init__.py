"""What version 0.1 left before its modules were moved into rooms, read and repeated by tests.

`table.csv` holds 120 compositions with their mean electronegativity. `study` is a search of it with
three trials of width 8 (`best` in it is a bundle). `weights.npz` holds the trained parameters of
named architectures, width 8, two epochs, seed 0, by `architecture/parameter`; made with
torch 2.13.0 on a CPU with AVX-512.
"""
