"""The benchmarks, one file each; `platform/bench.py` lists them."""
