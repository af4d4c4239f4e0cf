"""The questions of lesson 16: twelve ideas, each asked twice, with the same three misunderstandings among the answers.

`chapter`: the question that the chapter asks and explains; the check at home asks these. `exam`: the same idea in other words, printed in the
notebook without its key, which is here alone; the check after submission asks these. The misunderstandings stand in both under one name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question with its right answer and the wrong ones, each under the name of its misunderstanding."""

    text: str
    right: str
    wrong: dict[str, str]

    @property
    def answers(self) -> list[str]:
        """All four, in the order of their texts, which says nothing of which is right."""
        return sorted([self.right, *self.wrong.values()])


@dataclass(frozen=True)
class Idea:
    """One idea asked twice; `explained` says of each misunderstanding what is wrong with it, in words that fit both questions."""

    chapter: Question
    exam: Question
    explained: dict[str, str]


# fmt: off
IDEAS = {
    "1": Idea(
        Question("What does a recurrent network have that a feed-forward network lacks?", "Cycles: the state of one step is an input of the next",
            {"depth": "Several layers between its input and its output", "labels": "A label for every training example", "bend": "Activation functions that are not linear"}),
        Question("A layer is given three words, one after the other. What makes it recurrent?", "Its state at word 3 depends on its state at word 2",
            {"depth": "Three sets of weights lie above one another in it", "labels": "It is trained on words whose labels are known", "bend": "It applies tanh to its weighted sums"}),
        {"depth": "layers above one another make a network deep, and a feed-forward network can be as deep. What is recurrent leads from one step to the next.",
         "labels": "labels say how a network is trained, not how it is built: both kinds are trained with them.",
         "bend": "a feed-forward layer has such a function as well. It is not what carries something from one step to the next."}),
    "2": Idea(
        Question("Which of these tasks is a typical application of a recurrent network?", "The sentiment of a review, read word by word",
            {"groups": "Customers grouped by age and income", "columns": "The price of a flat from its area and number of rooms", "rule": "A list of numbers put in order of size"}),
        Question("Which of these tasks calls for a model of sequences?", "Whether a message, long or short, is meant kindly",
            {"groups": "Which visitors of a shop are alike in age and income", "columns": "The rent of a room from its size, floor and age", "rule": "The names of a list in alphabetical order"}),
        {"groups": "the numbers that describe a person have no order in time, and there are always as many of them.",
         "columns": "each example has the same few columns: a feed-forward network takes them as they are.",
         "rule": "a short rule solves this for any input, so there is nothing to learn from examples."}),
    "3": Idea(
        Question("For which data is a recurrent network made?", "Sequences, such as text or time series",
            {"table": "Tables whose columns may stand in any order", "image": "Single images of one fixed size", "set": "Sets, whose elements have no order"}),
        Question("Which of these does a recurrent network suit best?", "The temperature of a town, hour by hour",
            {"table": "Age, height and weight, one row per patient", "image": "One photograph of a leaf, always 64 by 64 pixels", "set": "The ingredients of a dish, listed in no order"}),
        {"table": "the columns of a table can be exchanged without loss: a recurrent network would read an order that means nothing.",
         "image": "one input of fixed size has no steps. Neighbours on two sides are what a convolution is made for.",
         "set": "elements without an order have no step before and none after, which is what a state is carried along."}),
    "4": Idea(
        Question("What is the vanishing gradient problem?", "Over many steps, gradients become too small to learn from",
            {"explodes": "Over many steps, gradients grow until they overflow", "state": "Over many steps, the hidden state itself becomes 0", "data": "There are too few long examples to learn from"}),
        Question("Every Jacobian of a plain network has a norm below 0.9. What becomes of the gradient from step 50 on its way to step 1?", "It shrinks at every step until next to nothing is left",
            {"explodes": "It grows at every step until it is no number any more", "state": "It stays as large as it was, but the state of step 50 is 0", "data": "It stays as large as it was, but 50 steps need more examples"}),
        {"explodes": "that is the other problem, exploding gradients, which a limit on their norm cures. Factors below 1 make a product small.",
         "state": "the state may be as large as ever. What becomes small is how much it changes when an early state changes.",
         "data": "more examples do not help where none of them sends a gradient that far back."}),
    "5": Idea(
        Question("Which variant reads a sequence in both directions?", "The bidirectional RNN",
            {"deep": "The deep RNN", "gates": "The GRU", "training": "The RNN trained by backpropagation through time"}),
        Question("The words after a word decide its label. Which network has read all of them when it answers?", "Two passes over the sentence, one from each end",
            {"deep": "Three layers, each from the first word to the last", "gates": "One pass from the left, with update and reset gates", "training": "One pass from the left, with gradients from every later step"}),
        {"deep": "more layers see no more words: each of them reads from left to right and has met only the words so far.",
         "gates": "gates decide what is kept of the words so far. They do not let a network see words that come later.",
         "training": "the backward pass of training carries gradients back through time. It changes weights, and no output sees a later word by it."}),
    "6": Idea(
        Question("Which three gates does an LSTM have?", "Input (in this course: update), forget and output gate",
            {"gru": "Update, reset and output gate", "candidate": "Input gate, forget gate and candidate", "layers": "Input, hidden and output layer"}),
        Question("Three vectors of numbers between 0 and 1 multiply something in each step of an LSTM. Which are they?", "Its update, its forget and its output gate",
            {"gru": "Its update, its reset and its output gate", "candidate": "Its update gate, its forget gate and its new candidate", "layers": "Its first, its hidden and its last layer"}),
        {"gru": "the reset gate belongs to the GRU. An LSTM forgets by a gate that multiplies the memory cell.",
         "candidate": "the candidate is what may be written, made by tanh and so from -1 to 1. It is gated and is no gate.",
         "layers": "layers are parts of the whole network. Gates are computed inside one cell, at every step."}),
    "7": Idea(
        Question("Why is a full GRU simpler than an LSTM?", "One update gate does the work of the forget and the input gate",
            {"one": "It has one gate in all", "none": "It has no gates, only a candidate", "memory": "It keeps nothing from one step to the next"}),
        Question("In a GRU, `c<t> = update * candidate + (1 - update) * c<t-1>`. What does a full GRU save by this, next to an LSTM?", "A second gate for how much of the old memory stays",
            {"one": "Every gate but the update gate", "none": "Every gate, the update gate included", "memory": "Every trace of the old memory"}),
        {"one": "that is true of the simplified GRU. The full GRU has two gates, update and reset.",
         "none": "the update gate is one. What decides how much is kept is computed anew at every step.",
         "memory": "with the update gate at 0 the memory stays exactly as it is: keeping something is what the cell is for."}),
    "8": Idea(
        Question("Which loss does a sequence-to-sequence model that writes words usually minimise?", "The cross-entropy of the right words",
            {"squares": "The squared error of the words' indices", "errors": "The share of words that are wrong", "bleu": "One minus the BLEU of what it writes"}),
        Question("At each step a decoder gives a probability to every word. What does training make small?", "Minus the logarithm of the probability that the right word got",
            {"squares": "The squared distance in the vocabulary from the likeliest to the right word", "errors": "The number of steps at which the likeliest word is wrong", "bleu": "The number of n-grams that are missing from what it writes"}),
        {"squares": "a word's index is its place in a list: word 7 is no nearer to word 8 than to word 700.",
         "errors": "a count does not change when a probability changes a little, so it has no gradient to follow.",
         "bleu": "counts of n-grams are a score for whole texts. They have no gradient with respect to the weights."}),
    "9": Idea(
        Question("Which of these architectures was made to mitigate vanishing gradients?", "The LSTM",
            {"start": "A plain RNN with orthogonal first weights", "layers": "A plain RNN with more layers", "limit": "A plain RNN with clipped gradients"}),
        Question("A plain RNN has lost the subject when the verb comes. Which change of its architecture goes to the root of that?", "A memory cell that gates leave unchanged for as long as needed",
            {"start": "First recurrent weights whose singular values are all 1", "layers": "Two recurrent layers more, on top of the first", "limit": "A limit that the norm of the gradients may not pass"}),
        {"start": "the first weights do help, but they are where training starts: the architecture is the same as before.",
         "layers": "each layer carries its state through time by the same kind of product, so its gradient vanishes as well.",
         "limit": "a limit makes large gradients smaller. It makes no small gradient larger."}),
    "10": Idea(
        Question("What is the hidden state of a recurrent network for?", "It is the memory of the steps before",
            {"weights": "It holds the weights of the layer", "labels": "It holds the label of each step", "rate": "It sets the learning rate of each step"}),
        Question("A network has read five words. Where does its sixth step find what they said?", "In the vector a<5>, which every sentence fills anew",
            {"weights": "In the weights, which each word that is read changes", "labels": "In the labels of these five words", "rate": "In the optimiser, which counts the words"}),
        {"weights": "the weights are the same for all steps and all sentences. They change in training, not while a sentence is read.",
         "labels": "labels are what training compares the outputs with. In use there are no labels.",
         "rate": "the optimiser and its rate belong to training. In use a network has neither."}),
    "11": Idea(
        Question("Which part of an LSTM carries what has to last over many steps?", "The cell state",
            {"gate": "The output gate", "candidate": "The candidate", "output": "The prediction"}),
        Question("Word 1 decides the label of word 40. Along what does its trace run from step to step in an LSTM, met by products and sums alone?", "Along the memory cells c<1> to c<40>",
            {"gate": "Along the output gates of all steps", "candidate": "Along the candidates of all steps", "output": "Along the predictions of all steps"}),
        {"gate": "a gate is computed anew at every step. It decides how much of the memory the state shows, and keeps nothing itself.",
         "candidate": "a candidate is made at one step out of that step's input and state. What lasts is what was written into the memory.",
         "output": "the prediction is made anew at each step. A decoder reads its last word again, but what lasts is in the state and the memory."}),
    "12": Idea(
        Question("What is the main difference between an LSTM and a plain RNN?", "Its gates control what is kept, so that gradients vanish less",
            {"slow": "It takes more time for each step", "both": "It reads a sequence from both ends", "length": "It needs sequences of one length"}),
        Question("Somebody puts an LSTM in the place of a plain RNN. What is the point of it?", "What stays from step to step is decided by gates",
            {"slow": "More weights and more time go into each step", "both": "The words that are still to come are seen as well", "length": "All sentences are cut to the same length"}),
        {"slow": "it is true that four times the weights take longer, but that is the price of the difference and not the point.",
         "both": "reading from both ends is what a bidirectional network does, with any cell. An LSTM alone reads from left to right.",
         "length": "an LSTM takes sequences of any length, as every recurrent cell does: it is applied once per step."}),
}
# fmt: on
