"""What the service offers, read off its product lists: pure, no input or output.

tree   product tree -> leaves            form   what a person may set, and how it is written
price  which rule fits, what it costs    order  draft -> priced, frozen order
choice which leaf is meant, defaults     times  how long it takes where the list doesn't say
"""
