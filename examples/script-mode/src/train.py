"""A straight line through points, trained as SageMaker's script mode has it: nothing in here knows where it runs."""

import argparse
import csv
import json
import os
from pathlib import Path


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--train", type=Path, default=os.environ["SM_CHANNEL_TRAIN"])
    parser.add_argument("--model-dir", type=Path, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--output-data-dir", type=Path, default=os.environ["SM_OUTPUT_DATA_DIR"])
    return parser.parse_args()


def read(folder: Path) -> list[tuple[float, float]]:
    points = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="") as file:
            points += [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
    return points


def train(points: list[tuple[float, float]], epochs: int, rate: float) -> tuple[float, float, list[float]]:
    slope = offset = 0.0
    losses = []
    for _ in range(epochs):
        errors = [(slope * x + offset - y, x) for x, y in points]
        losses.append(sum(error**2 for error, _ in errors) / len(points))
        slope -= rate * 2 * sum(error * x for error, x in errors) / len(points)
        offset -= rate * 2 * sum(error for error, _ in errors) / len(points)
    return slope, offset, losses


def main() -> None:
    wanted = parse()
    slope, offset, losses = train(read(wanted.train), wanted.epochs, wanted.learning_rate)
    (wanted.model_dir / "line.json").write_text(json.dumps({"slope": round(slope, 3), "offset": round(offset, 3)}))
    (wanted.output_data_dir / "losses.json").write_text(json.dumps(losses))
    print(f"{os.environ['SM_CURRENT_HOST']}: y = {slope:.2f} x + {offset:.2f} after {wanted.epochs} epochs")


if __name__ == "__main__":
    main()
