"""The two kinds of hosting, in the words of the setting `hosting`. No imports: the command line needs them."""

FARGATE, VM = "fargate", "vm"
