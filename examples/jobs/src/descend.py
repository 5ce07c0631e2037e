"""Descend the parabola 1 + (x - 1)^2 from a start, and log the height after each step."""

import argparse
import time

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--start", type=float, required=True)
given = parser.parse_args()

x = given.start
for step in range(6):
    x -= given.rate * 2 * (x - 1)
    mlflow.log_metric("height", 1 + (x - 1) ** 2, step=step)
    time.sleep(0.2)
print(f"rate {given.rate:.3f} from {given.start:g} ends at {x:.3f}")
