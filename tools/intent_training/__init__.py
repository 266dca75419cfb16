"""What trains the intent classifier: a grammar of prompts, labelled cases, the fit."""
