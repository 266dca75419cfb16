"""A plan: several jobs in order, some made of what earlier ones make, with one price.

`steps` are the nouns, their hash and what can be done to them; `building` makes a plan of a wish;
`pricing` asks the live lists what each step costs; `standing` says what became of each; `file`
reads and writes it; `lanes` draws its connections. All of it pure but `file`: no clock, no
network, nothing is sent.
"""
