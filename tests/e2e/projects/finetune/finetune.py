"""Fine-tune a text classifier, which lies in a directory, on a file of labelled sentences."""

import argparse
import csv
from pathlib import Path

import torch
from datasets import Dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, set_seed


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--output", type=Path, required=True)
    chosen = options.parse_args()
    set_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(chosen.model)
    model = AutoModelForSequenceClassification.from_pretrained(chosen.model, num_labels=2)
    with chosen.data.open() as file:
        rows = [{"text": row["text"], "labels": int(row["label"])} for row in csv.DictReader(file)]
    data = Dataset.from_list(rows).map(lambda row: tokenizer(row["text"], padding="max_length", max_length=8))
    arguments = TrainingArguments(
        output_dir=str(chosen.output / "run"),
        num_train_epochs=10,
        learning_rate=5e-3,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=data)
    trainer.train()
    trainer.save_model(str(chosen.output / "model"))
    tokenizer.save_pretrained(chosen.output / "model")
    with torch.no_grad():
        inputs = tokenizer([row["text"] for row in rows], padding=True, return_tensors="pt")
        guesses = model(**inputs).logits.argmax(1).tolist()
    print("right:", sum(guess == row["labels"] for guess, row in zip(guesses, rows, strict=True)), "of", len(rows))


if __name__ == "__main__":
    main()
