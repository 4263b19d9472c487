"""The drawings of the lessons, made of the primitives in `helpers.diagrams`.

Each function makes one figure and returns its axes. The title says what to see. A
drawing that grows keeps the places of its parts: what comes later is pale or left out.
"""

from helpers.diagrams import (
    arrow,
    box,
    canvas,
    choice,
    gate,
    grid,
    mask,
    repeated,
    write,
)

WIDTH = 7


def bag_and_matrix():
    """Draw one sentence as a bag of words and as a one-hot matrix (lesson 01)."""
    ax = canvas(WIDTH, 2.7, "A bag counts words, a one-hot matrix keeps their order")
    sentence = ["a", "teacher", "is", "a", "student"]
    vocabulary = ["he", "she", "is", "a", "teacher", "student"]
    rows = [[int(word == entry) for entry in vocabulary] for word in sentence]
    for i, entry in enumerate(vocabulary):
        write(ax, 0.72, 2.08 - 0.28 * i, entry, "left")
    counts = [[sentence.count(entry)] for entry in vocabulary]
    grid(ax, 0.72, 2.22, counts, height=0.28)
    arrow(ax, (1.95, 1.38), (1.3, 1.38), "count")
    arrow(ax, (2.1, 2.06), (2.1, 0.7))
    write(ax, 2.05, 2.08, "time", "above")
    for i, (word, row) in enumerate(zip(sentence, rows, strict=True)):
        y = 2.04 - 0.33 * i
        box(ax, 2.7, y, word, "input", 0.8, 0.26)
        arrow(ax, (3.1, y), (3.67, y))
        grid(ax, 3.7, y + 0.13, [row], width=0.54)
    for j, entry in enumerate(vocabulary):
        write(ax, 3.97 + 0.54 * j, 2.19, entry, "above")
    write(ax, 1.05, 0.2, "bag: (batch, vocabulary)")
    write(ax, 5.32, 0.2, "one-hot: (batch, time, vocabulary)")
    return ax


def reading_network():
    """Draw a recurrent network that reads a line word by word (lesson 01)."""
    ax = canvas(WIDTH, 2.75, "The network reads word by word, then gives one score")
    for t, word in enumerate(["to", "be", "or", "not"]):
        x = 1.95 + 0.98 * t
        box(ax, x, 0.3, word, "input", 0.76)
        arrow(ax, (x, 0.48), (x, 0.92))
        box(ax, x, 1.1, "Embedding", "first", 0.82)
        arrow(ax, (x, 1.28), (x, 1.72))
        box(ax, x, 1.9, f"step {t + 1}", "first", 0.62)
        if t:
            arrow(ax, (x - 0.67, 1.9), (x - 0.31, 1.9))
    write(ax, 0, 0.3, "words\n(batch, time)", "right")
    write(ax, 0, 1.5, "(batch, time, features)", "right")
    write(ax, 0, 2.0, "recurrent layer:\nthe same weights\nat every step", "right")
    arrow(ax, (5.2, 1.9), (6.2, 1.9), "(batch, units)")
    box(ax, 6.55, 1.9, "Dense", "first", 0.7)
    arrow(ax, (6.55, 2.08), (6.55, 2.48))
    write(ax, 6.5, 2.45, "real? (batch, 1)", "above")
    return ax


def recurrent_network(kind="elman"):
    """Draw an Elman or a Jordan network, rolled up and unrolled (lesson 02).

    kind: "elman" (the memory is the hidden state) or "jordan" (it is the output).
    """
    elman = choice("kind", kind, ("elman", "jordan")) == "elman"
    remembered = "hidden state" if elman else "output"
    title = f"{kind.title()}: the memory is the {remembered} of the step before"
    ax = canvas(WIDTH, 3.1, title)
    y = 1.6 if elman else 2.7
    for name, height in {"features": 0.5, "units": 1.6, "outputs": 2.7}.items():
        write(ax, 0.7, height, f"(batch,\n{name})", "left")
    _recurrent_step(ax, 1.05, "t")
    loop = [(1.75, y), (1.75, 1.0), (1.25, 1.0)]
    arrow(ax, (1.35, y), (1.25, 1.42), "$W_m$\none step\nlater", loop)
    write(ax, 2.9, 1.6, "$m_1 = 0$", "left")
    arrow(ax, (2.87, 1.6), (3.3, 1.6), "$W_m$")
    for t, x in enumerate((3.6, 5.05, 6.5), start=1):
        _recurrent_step(ax, x, t)
        if t < 3:
            corners = () if elman else ((x + 0.6, 2.7), (x + 0.6, 1.6))
            arrow(ax, (x + 0.3, y), (x + 1.15, 1.6), "$W_m$", corners)
    write(ax, 1.05, 0.1, "rolled up")
    write(ax, 5.05, 0.1, "unrolled: the same weights at every step")
    return ax


def _recurrent_step(ax, x, t):
    """Draw input, hidden state and output of one step."""
    box(ax, x, 0.5, f"$x_{t}$", "input", 0.6)
    arrow(ax, (x, 0.68), (x, 1.42), "$W_x$", side="left")
    box(ax, x, 1.6, f"$h_{t}$", "first", 0.6)
    arrow(ax, (x, 1.78), (x, 2.52), "$W_y$", side="left")
    box(ax, x, 2.7, f"$y_{t}$", "target", 0.6)


def unrolled_gradients(losses="each", horizon=None):
    """Draw states flowing forward and gradients flowing back (lesson 03).

    The inputs are left out. losses: "last" (one loss at the end) or "each" (one at
    every step). horizon: how many steps, 1 to 4, the gradient of each loss goes back;
    None goes back to the start.
    """
    each = choice("losses", losses, ("last", "each")) == "each"
    choice("horizon", horizon, (None, 1, 2, 3, 4))
    title = "States flow forward, the gradient flows back through all steps"
    if each:
        title = "On the way back, the gradients of all losses are added up"
    if horizon:
        steps = f"{horizon} step{'s' * (horizon > 1)}"
        title = f"Truncated: from {'each' if each else 'the'} loss, only {steps} back"
    lanes = each and horizon
    ax = canvas(WIDTH, 3.1 if lanes else 2.1, title)
    ax.set_ylim(0 if lanes else 1.0, 3.1)
    write(ax, 0, 2.55, "states\n(batch, units)", "right")
    write(ax, 0.2, 1.9, "$h_0$")
    for t in range(1, 6):
        x = 0.2 + 1.28 * t
        arrow(ax, (x - (1.0 if t > 1 else 1.14), 1.9), (x - 0.28, 1.9), "$W_h$")
        box(ax, x, 1.9, f"$h_{t}$", "first", 0.56)
        if each or t == 5:
            arrow(ax, (x - 0.1, 2.08), (x - 0.1, 2.67))
            box(ax, x, 2.85, f"$L_{t}$" if each else "$L$", "target", 0.56)
            arrow(ax, (x + 0.1, 2.67), (x + 0.1, 2.08), back=True)
            lane = 1.64 - 0.27 * t if lanes else 1.35
            # All losses without a horizon: one lane, which each goes back one step.
            _way_back(ax, x, lane, min(t, horizon or (1 if each else t)))
    write(ax, 5.96, lane, "gradient", "below")
    return ax


def _way_back(ax, x, lane, steps):
    """Draw a gradient that leaves the state at `x` and goes some steps back."""
    arrow(ax, (x, 1.72), (x - 1.28, lane), via=[(x, lane)], back=True)
    for s in range(1, steps):
        arrow(ax, (x - 1.28 * s, lane), (x - 1.28 * (s + 1), lane), back=True)


PARTS = {  # part of the cell: title of the drawing that ends with it
    "forget": "The forget gate says how much of the old state is kept",
    "input": "The input gate says how much of the candidate is let in",
    "candidate": "The candidate is what could be added to the state",
    "cell": "The new state is what was kept plus what was let in",
    "output": "The output gate says how much of the state is shown",
}
GATES = (2.0, 2.85, 3.75, 4.65)  # where f, i, candidate and o stand


def lstm_cell(upto="output"):
    """Draw the cell of an LSTM, gate by gate (lesson 04).

    upto: "forget", "input", "candidate", "cell" or "output"; later parts are pale.
    """
    reached = list(PARTS).index(choice("upto", upto, PARTS))
    pale = {part: i > reached for i, part in enumerate(PARTS)}
    ax = canvas(WIDTH, 3.5, PARTS[upto])
    box(ax, 3.55, 1.95, "", width=4.6, height=2.9, pale=True)
    write(ax, 0, 3.0, "$C_{t-1}$\n(batch, units)", "right")
    write(ax, 0, 0.75, "$h_{t-1}$\n(batch, units)", "right")
    write(ax, 1.55, 0.2, "$x_t$  (batch, inputs)", "right")
    _lstm_gates(ax, pale)
    _lstm_state(ax, pale)
    for part, y, symbol in (("cell", 3.0, "C"), ("output", 0.75, "h")):
        if not pale[part]:
            write(ax, 6.07, y, f"${symbol}_t$\n(batch, units)", "right")
    return ax


def _lstm_gates(ax, pale):
    """Draw the three gates and the candidate, and the line that feeds them."""
    arrow(ax, (1.5, 0.25), (1.5, 0.73))
    before = 1.1
    for part, x in zip(("forget", "input", "candidate", "output"), GATES, strict=True):
        arrow(ax, (before, 0.75), (x, 1.26), via=[(x, 0.75)], pale=pale[part])
        symbol = "tanh" if part == "candidate" else "sigma"
        gate(ax, x, 1.45, symbol, "first", pale[part])
        before = x
    f, i, c, o = GATES
    arrow(ax, (f, 1.64), (f, 2.81), "$f_t$")
    arrow(ax, (i, 1.64), (c - 0.19, 2.25), "$i_t$", [(i, 2.25)], pale=pale["input"])
    arrow(ax, (c, 1.64), (c, 2.06), r"$\tilde{C}_t$", pale=pale["candidate"])
    corner = [(o, 1.9)]
    arrow(ax, (o, 1.64), (5.31, 1.9), "$o_t$", corner, "above", pale=pale["output"])


def _lstm_state(ax, pale):
    """Draw the state along the top, and the way down to the hidden state."""
    f, _, c, _ = GATES
    cell, output = pale["cell"], pale["output"]
    arrow(ax, (1.1, 3.0), (f - 0.19, 3.0))
    gate(ax, f, 3.0, "times")
    arrow(ax, (f + 0.19, 3.0), (c - 0.19, 3.0), "$f_t\\, C_{t-1}$", pale=cell)
    gate(ax, c, 2.25, "times", pale=cell)
    arrow(ax, (c, 2.44), (c, 2.81), r"$i_t\, \tilde{C}_t$", pale=cell)
    gate(ax, c, 3.0, "plus", pale=cell)
    arrow(ax, (c + 0.19, 3.0), (6.02, 3.0), pale=cell)
    arrow(ax, (5.5, 3.0), (5.5, 2.74), pale=output)
    gate(ax, 5.5, 2.55, "tanh", pale=output)
    arrow(ax, (5.5, 2.36), (5.5, 2.09), pale=output)
    gate(ax, 5.5, 1.9, "times", pale=output)
    arrow(ax, (5.5, 1.71), (6.02, 0.75), via=[(5.5, 0.75)], pale=output)


STACK = (
    ("input", "(batch, 30, 100)"),
    ("LSTM, return_sequences=True", "(batch, 30, 64)"),
    ("LSTM, return_sequences=True", "(batch, 30, 64)"),
    ("LSTM", "(batch, 64)"),
    ("Dense", "(batch, 32)"),
    ("Dense", "(batch, 1)"),
)


def stack(layers=STACK):
    """Draw layers on top of each other, with the shapes between them (lesson 05).

    layers: from the input upwards, 2 to 6 pairs (name, shape of its output), with
    the shape as a text such as "(batch, 30, 64)".
    """
    choice("the number of layers", len(layers), range(2, 7))
    title = "With three axes there is a vector for every step, with two only one"
    ax = canvas(WIDTH, 0.62 * len(layers) + 0.15, title)
    for i, (name, shape) in enumerate(layers):
        y = 0.25 + 0.62 * i
        box(ax, 1.35, y, name, "first" if i else "input", 2.5, 0.34)
        arrow(ax, (1.35, y + 0.17), (1.35, y + 0.45), shape)
        every = shape.count(",") == 2
        for x in (3.6, 4.0, 5.2, 5.6) if every else (5.6,):
            box(ax, x, y + 0.31, "", "first" if i else "input", 0.26, 0.26)
        if every:
            repeated(ax, 4.6, y + 0.31)
        text = "every step" if every else "one vector"
        write(ax, 5.85, y + 0.31, text, "right")
    return ax


TRAVELS = {"Dense": True, "Dropout": True, "e * 2": False}


def padded_batch(through="Dense"):
    """Draw a padded batch, its mask, and how far the mask travels (lesson 06).

    through: what stands before the LSTM, "Dense" or "Dropout" (the mask lives) or
    "e * 2" (it is lost).
    """
    lives = TRAVELS[choice("through", through, TRAVELS)]
    does = "hands the mask on" if lives else "loses the mask, and says nothing"
    ax = canvas(WIDTH, 2.9, f"{through} {does}")
    sentences = [["to", "be", "or", "not"], ["how", "are", "you"], ["i", "am"]]
    write(ax, 0.05, 2.72, "words: (batch, time)", "right")
    write(ax, 0.05, 1.3, "mask: (batch, time)", "right")
    for i, words in enumerate(sentences):
        y = 2.5 - 0.3 * i
        grid(ax, 0.12, y, [words], "input", height=0.3)
        for j in range(len(words), 4):
            mask(ax, 0.37 + 0.5 * j, y - 0.15, "pad", 0.48, 0.28)
        grid(ax, 0.12, y - 1.42, [[int(j < len(words)) for j in range(4)]], height=0.3)
    places = {"Embedding": 3.2, through: 4.75, "LSTM": 6.3}
    for name, x in places.items():
        box(ax, x, 2.05, name, "plain" if name == "e * 2" else "first")
    write(ax, 3.2, 1.85, "mask_zero=True", "below")
    write(ax, 4.75, 2.25, "(batch, time, features)", "above")
    for start, end in ((2.2, 2.75), (3.65, 4.3), (5.2, 5.85)):
        arrow(ax, (start, 2.05), (end, 2.05))
    corner = [(6.3, 0.63)]
    if lives:
        arrow(ax, (2.2, 0.63), (6.3, 1.87), "the mask goes along", corner)
        write(ax, 6.2, 1.25, "the LSTM skips\nthe padding", "left")
    else:
        arrow(ax, (2.2, 0.63), (4.3, 0.63), "the mask goes along")
        box(ax, 4.75, 0.63, "lost", "target")
        arrow(ax, (5.2, 0.63), (6.3, 1.87), via=corner, pale=True)
        write(ax, 6.2, 1.25, "the LSTM reads\npadding as words", "left")
    return ax


def masked_steps():
    """Draw what an LSTM does at masked steps: it copies its states (lesson 06)."""
    ax = canvas(WIDTH, 2.5, "At a masked step the LSTM copies its states")
    write(ax, 0.05, 1.7, "$h_0, c_0$", "right")
    before = 0.6
    for t, word in enumerate(["how", "are", "you", "", ""], start=1):
        x = 0.1 + 1.2 * t
        write(ax, x, 0.12, f"$m_{t} = {int(bool(word))}$")
        arrow(ax, (before, 1.7), (x - 0.3, 1.7))
        if word:
            box(ax, x, 0.55, word, "input", 0.8)
            arrow(ax, (x, 0.73), (x, 1.52), f"$x_{t}$")
            box(ax, x, 1.7, "LSTM", "first", 0.6)
        else:
            mask(ax, x, 0.55, width=0.8)
            box(ax, x, 1.7, "copy", "plain", 0.6)
        before = x + 0.3
    arrow(ax, (before, 1.7), (6.8, 1.7))
    write(ax, 6.68, 1.9, "$h_5 = h_3$\n$c_5 = c_3$", "above")
    return ax


DIRECTIONS = {
    "forward": 'The forward LSTM is at "teddy" before it has read "bears"',
    "backward": 'The backward LSTM has read "bears" when it comes to "teddy"',
    "both": "Joined, each output knows the words before and after it",
}


def bidirectional(upto="both"):
    """Draw two LSTMs that read in both directions, and their merge (lesson 07).

    upto: "forward", "backward" (both directions) or "both" (and joined); the later
    parts are pale.
    """
    title = DIRECTIONS[choice("upto", upto, DIRECTIONS)]
    back, joined = upto == "forward", upto != "both"  # are these pale?
    ax = canvas(WIDTH, 3.2, title)
    for t, word in enumerate(["he", "said", "teddy", "bears"], start=1):
        x = 0.6 + 1.45 * t
        box(ax, x, 0.3, word, "input", 1.1)
        arrow(ax, (x - 0.3, 0.48), (x - 0.3, 0.97))
        arrow(ax, (x + 0.3, 0.48), (x + 0.3, 1.77), pale=back)
        box(ax, x - 0.3, 1.15, rf"$\overrightarrow{{h}}_{t}$", "first", 0.5)
        box(ax, x + 0.3, 1.95, rf"$\overleftarrow{{h}}_{t}$", "second", 0.5, pale=back)
        arrow(ax, (x - 0.3, 1.33), (x - 0.3, 2.67), pale=joined)
        arrow(ax, (x + 0.3, 2.13), (x + 0.3, 2.67), pale=joined)
        box(ax, x, 2.85, f"$y_{t}$", "target", 1.1, pale=joined)
        if t < 4:
            arrow(ax, (x - 0.05, 1.15), (x + 0.9, 1.15))
            arrow(ax, (x + 1.5, 1.95), (x + 0.55, 1.95), pale=back)
    write(ax, 0, 0.3, "words: (batch, time)", "right")
    write(ax, 0, 1.15, "forward LSTM\n(batch, time, units)", "right")
    if not back:
        write(ax, 0, 1.95, "backward LSTM\n(batch, time, units)", "right")
    if not joined:
        write(ax, 0, 2.85, "concatenation\n(batch, time,\n2 · units)", "right")
    return ax


def streams():
    """Draw a text cut into streams and windows, with the state carried (lesson 08)."""
    title = "The state goes from window to window, the gradient stays inside"
    ax = canvas(WIDTH, 3.6, title)
    text = "abcdefghijklmnopqr"
    for i, letter in enumerate(text):
        grid(ax, 0.8 + 0.3 * i + 0.1 * (i > 8), 3.5, [[letter]], "input", 0.3)
    write(ax, 0.7, 3.37, "text", "left")
    for row, (y, x) in enumerate(((2.0, 2.15), (0.95, 4.95))):
        arrow(ax, (x, 3.22), (x, 2.75), f"stream {row + 1}")
        write(ax, 0.7, y, f"stream {row + 1}", "left")
        for k in range(3):
            x = 1.55 + 1.85 * k
            start = 9 * row + 3 * k
            box(ax, x, y, " ".join(text[start : start + 3]), "first", 1.1)
            arrow(ax, (x + 0.55, y), (x + 1.3, y), "$h, c$")
            arrow(ax, (x + 0.5, y - 0.3), (x - 0.5, y - 0.3), back=True)
    for k in range(3):
        write(ax, 1.55 + 1.85 * k, 2.45, f"window {k + 1}")
        box(ax, 1.55 + 1.85 * k, 1.4, "", width=1.3, height=1.8, pale=True)
    write(ax, 1.55, 1.68, "gradient", "below")
    write(ax, 3.4, 0.2, "one column is one training step: (batch, time)")
    return ax


def generation_loop():
    """Draw how a model writes: each drawn symbol is the next input (lesson 08)."""
    ax = canvas(WIDTH, 2.2, "The symbol that is drawn becomes the next input")
    parts = {
        "symbol": ("input", "(batch, 1)"),
        "Embedding": ("first", "(batch, 1,\nfeatures)"),
        "LSTM": ("first", "(batch, 1,\nunits)"),
        "Dense": ("first", "logits: (batch,\n1, symbols)"),
        "softmax": ("plain", "of logits / $T$,\nthe temperature"),
        "draw": ("target", "(batch, 1)"),
    }
    for i, (name, (role, text)) in enumerate(parts.items()):
        x = 0.5 + 1.2 * i
        box(ax, x, 1.45, name, role, 0.82)
        write(ax, x, 1.63, text, "above", size=8.5)
        if i < 5:
            arrow(ax, (x + 0.41, 1.45), (x + 0.79, 1.45))
    corners = [(3.05, 0.85), (2.75, 0.85)]
    arrow(ax, (3.05, 1.27), (2.75, 1.27), "$h, c$ for the next step", corners, "right")
    corners = [(6.5, 0.35), (0.5, 0.35)]
    arrow(ax, (6.5, 1.27), (0.5, 1.27), "one step later", corners)
    return ax


def encoder_decoder(attention=False):
    """Draw an encoder and a decoder in training, for a date (lesson 09).

    attention: draw also the scores, weights and context of the first step.
    """
    title = "All that the decoder knows of the source is the state handed over"
    if choice("attention", attention, (False, True)):
        title = "With attention, every step looks at all states of the encoder"
    ax = canvas(WIDTH, 4.0 if attention else 2.65, title)
    top = 3.75 if attention else 2.4
    _encoder(ax, attention)
    arrow(ax, (2.53, 1.3), (3.67, 1.3), "$h, c$\n(batch, units)")
    columns = (3.95, "START", "2", 1), (4.95, "2", "0", 2), (6.4, "3", "END", "{11}")
    for x, given, right, t in columns:
        box(ax, x, 0.5, given, "input", 0.62)
        arrow(ax, (x, 0.68), (x, 1.12))
        box(ax, x, 1.3, f"$d_{t}$", "first", 0.56)
        arrow(ax, (x, 1.48), (x, 2.7 if attention else top - 0.18))
        if attention:
            arrow(ax, (x, 3.1), (x, top - 0.18))
            box(ax, x, 2.9, f"$u_{t}$", "first", 0.56, 0.4)
        box(ax, x, top, right, "target", 0.56)
    _decoder_links(ax, top)
    if attention:
        _attention(ax)
    return ax


def _encoder(ax, both):
    """Draw the encoder, which reads a source in one direction or in both."""
    for x, symbol, i in ((0.4, "M", "1"), (1.15, "a", "2"), (2.25, "9", "n")):
        box(ax, x, 0.5, symbol, "input", 0.56)
        arrow(ax, (x, 0.68), (x, 1.12))
        box(ax, x, 1.3, f"$s_{i}$", "first", 0.56)
    y = 1.36 if both else 1.3
    arrow(ax, (0.68, y), (0.87, y))
    if both:
        arrow(ax, (0.87, 1.24), (0.68, 1.24))
    for y in (0.5, 1.3):
        repeated(ax, 1.7, y)
    write(ax, 1.33, 0.1, "source: (batch, $n$)")


def _decoder_links(ax, top):
    """Draw the states of the decoder going on, and the teacher's arrows."""
    arrow(ax, (4.23, 1.3), (4.67, 1.3))
    for y in (0.5, 1.3, top):
        repeated(ax, 5.72, y)
    for x, end in ((4.23, 4.64), (5.23, 5.55)):
        corners = [(x + 0.2, top), (x + 0.2, 0.5)]
        arrow(ax, (x, top), (end, 0.5), via=corners)
    write(ax, 5.15, 0.1, "in training, the right symbol goes in")


def _attention(ax):
    """Draw scores, weights and context of the first step of the decoder."""
    box(ax, 1.33, 2.05, "scores $r_{1i}$: (batch, steps, $n$)", width=2.5)
    for x, i in ((0.4, "1"), (1.15, "2"), (2.25, "n")):
        arrow(ax, (x, 1.48), (x, 1.87))
        arrow(ax, (x, 2.23), (x, 2.72))
        box(ax, x, 2.9, f"$a_{{1{i}}}$", "first", 0.56)
        arrow(ax, (x, 3.08), (x, 3.57))
    mean = r"context $z_1 = a_{11}\, s_1 + \cdots + a_{1n}\, s_n$"
    box(ax, 1.33, 3.75, mean, width=2.5)
    repeated(ax, 1.7, 2.9)
    write(ax, 1.7, 2.47, "softmax")
    arrow(ax, (3.8, 1.48), (2.58, 2.05), via=[(3.8, 2.05)])
    arrow(ax, (2.58, 3.75), (3.67, 2.9), via=[(3.1, 3.75), (3.1, 2.9)])


BEGINNINGS = ((0.6, (0.4, 0.35, 0.25)), (0.4, (0.05, 0.9, 0.05)))  # p, p of the next


def beam():
    """Draw one step of a beam of two, over three symbols (lesson 10)."""
    title = "A beam keeps the best two of six, whatever they began with"
    ax = canvas(WIDTH, 2.75, title)
    box(ax, 0.5, 1.25, "START", "input", 0.72)
    heights = [2.2 - 0.38 * i for i in range(6)]
    kept = {4: 1.7, 0: 0.8}  # place among the six: height in the last column
    for i, (p, following) in enumerate(BEGINNINGS):
        y = heights[1 + 3 * i]
        arrow(ax, (0.86, 1.25), (1.45, y))
        box(ax, 1.9, y, f"{i}:  {p:g}", "first", 0.9)
        for j, q in enumerate(following):
            place = 3 * i + j
            arrow(ax, (2.35, y), (3.25, heights[place]))
            role = "first" if place in kept else "plain"
            text = f"{i} {j}:  {p:g} × {q:g} = {p * q:.2f}"
            box(ax, 4.15, heights[place], text, role, 1.8, 0.29)
            if place in kept:
                arrow(ax, (5.05, heights[place]), (5.75, kept[place]))
                box(ax, 6.25, kept[place], f"{i} {j}:  {p * q:.2f}", "first", 1.0)
    for x, text in ((1.9, "two beginnings"), (4.15, "six, one symbol longer")):
        write(ax, x, 2.55, text)
    write(ax, 6.25, 2.55, "the best two")
    return ax


GATED = {  # kind: (title, what the candidate is made of, the second gate, its name)
    "reset before": (
        "A GRU: one gate keeps, another says what the candidate sees",
        "$x_t W_h + (r_t h_{t-1})\\, U_h$",
        "sigma",
        "$r_t$",
    ),
    "reset after": (
        "The GRU of Keras resets after the product",
        "$x_t W_h + r_t\\, (h_{t-1} U_h)$",
        "sigma",
        "$r_t$",
    ),
    "bistable": (
        "In a bistable cell a number between 0 and 2 replaces the matrix",
        "$x_t W_h + a_t\\, h_{t-1}$",
        "tanh",
        "$a_t = 1 + \\tanh$",
    ),
}


def gated_cell(kind="reset before"):
    """Draw a cell with one state, one gate that keeps and one candidate (lesson 11).

    kind: "reset before" or "reset after" (two GRUs), or "bistable".
    """
    title, candidate, symbol, name = GATED[choice("kind", kind, GATED)]
    ax = canvas(WIDTH, 3.2, title)
    write(ax, 0, 2.8, "$h_{t-1}$\n(batch, units)", "right")
    arrow(ax, (1.1, 2.8), (1.81, 2.8))
    gate(ax, 2.0, 2.8, "times")
    arrow(ax, (2.19, 2.8), (3.81, 2.8), "$z_t\\, h_{t-1}$")
    gate(ax, 4.0, 2.8, "plus")
    arrow(ax, (4.19, 2.8), (5.6, 2.8))
    write(ax, 5.6, 2.8, "$h_t$\n(batch, units)", "right")
    write(ax, 2.0, 0.5, "$x_t,\\, h_{t-1}$", "below")
    arrow(ax, (2.0, 0.5), (2.0, 1.01))
    gate(ax, 2.0, 1.2, "sigma", "first")
    arrow(ax, (2.0, 1.39), (2.0, 2.61), "$z_t$", side="left")
    arrow(ax, (2.0, 2.0), (3.81, 2.0), "$1 - z_t$")
    box(ax, 4.0, 0.4, candidate, "first", 1.9)
    arrow(ax, (4.0, 0.58), (4.0, 1.01))
    gate(ax, 4.0, 1.2, "tanh", "first")
    arrow(ax, (4.0, 1.39), (4.0, 1.81), r"$\tilde{h}_t$")
    gate(ax, 4.0, 2.0, "times")
    arrow(ax, (4.0, 2.19), (4.0, 2.61))
    gate(ax, 5.9, 1.2, symbol, "second")
    arrow(ax, (5.9, 1.85), (5.9, 1.39))
    write(ax, 5.9, 1.83, "$x_t,\\, h_{t-1}$", "above")
    arrow(ax, (5.9, 1.01), (4.95, 0.4), via=[(5.9, 0.4)])
    write(ax, 5.43, 0.38, name, "below")
    return ax


def forecaster(step="day"):
    """Draw a network that reads days or hours, and forecasts 24 hours (lesson 12)."""
    choice("step", step, ("day", "hour"))
    return _forecast_at_once() if step == "day" else _forecast_by_steps()


def _forecast_at_once():
    """Draw an LSTM over days whose last state gives the 24 hours of the next day."""
    ax = canvas(
        WIDTH, 2.75, "An LSTM reads a day at each step, then gives the next day"
    )
    columns = (
        (1.0, "day 1", "day 2"),
        (2.5, "day 2", "day 3"),
        (4.6, "day 14", "day 15"),
    )
    for x, day, after in columns:
        text = f"24 hours of {day}\ncalendar of {after}"
        box(ax, x, 0.75, text, "input", 1.36, 0.5)
        arrow(ax, (x, 1.0), (x, 1.82))
        box(ax, x, 2.0, "LSTM", "first", 0.7)
    arrow(ax, (1.35, 2.0), (2.15, 2.0))
    arrow(ax, (2.85, 2.0), (3.3, 2.0))
    arrow(ax, (3.8, 2.0), (4.25, 2.0))
    for y in (0.75, 2.0):
        repeated(ax, 3.55, y)
    box(ax, 6.2, 2.0, "24 hours\nof day 15", "target", 0.95, 0.5)
    arrow(ax, (4.95, 2.0), (5.72, 2.0), "Dense")
    write(ax, 2.8, 0.25, "past: (batch, 14, 24)")
    write(ax, 6.2, 1.45, "(batch, 24)")
    return ax


def _forecast_by_steps():
    """Draw an LSTM over hours that reads its own forecasts."""
    ax = canvas(WIDTH, 2.75, "Step by step: each forecast is the next input")
    columns = (0.9, "22:00", None), (2.4, "23:00", "0:00"), (3.9, "0:00", "1:00")
    for x, given, forecast in (*columns, (5.4, "1:00", "2:00")):
        known = x < 3
        box(ax, x, 0.6, given, "input" if known else "second", 0.7)
        arrow(ax, (x, 0.78), (x, 1.27))
        box(ax, x, 1.45, "LSTM", "first", 0.7)
        if forecast:
            arrow(ax, (x, 1.63), (x, 2.12))
            box(ax, x, 2.3, forecast, "second", 0.7)
        arrow(ax, (x + 0.35, 1.45), (x + 1.15, 1.45))
    for x in (2.4, 3.9):
        corners = [(x + 0.75, 2.3), (x + 0.75, 0.6)]
        arrow(ax, (x + 0.35, 2.3), (x + 1.15, 0.6), via=corners)
    for y in (0.6, 1.45, 2.3):
        repeated(ax, 6.75, y)
    write(ax, 1.65, 0.2, "counted")
    write(ax, 4.65, 0.2, "its own forecasts")
    return ax


def word_hierarchy():
    """Draw words that make sentences, and sentences that make a review (lesson 13)."""
    ax = canvas(WIDTH, 3.55, "Attention sums up words, then sentences, by weights")
    sentences = {2.95: ("not", "bad", "!"), 5.55: ("i", "like", "it")}
    for s, (middle, words) in enumerate(sentences.items(), start=1):
        for w, word in enumerate(words, start=1):
            x = middle + 0.8 * (w - 2)
            box(ax, x, 0.3, word, "input", 0.56)
            arrow(ax, (x, 0.48), (x, 0.87))
            box(ax, x, 1.05, f"$h_{{{s}{w}}}$", "first", 0.5)
            arrow(ax, (x, 1.23), (middle + 0.12 * (w - 2), 1.97))
            if w > 1:
                arrow(ax, (x - 0.55, 1.11), (x - 0.25, 1.11))
                arrow(ax, (x - 0.25, 0.99), (x - 0.55, 0.99))
        write(ax, middle + 0.55, 1.7, f"$a_{{{s}1}}, a_{{{s}2}}, a_{{{s}3}}$", "right")
        box(ax, middle, 2.15, f"$s_{s}$", "first", 0.5)
        arrow(ax, (middle, 2.33), (4.25 + 0.12 * (2 * s - 3), 3.02))
        write(ax, middle + 1.0 * (3 - 2 * s), 2.75, f"$b_{s}$")
    arrow(ax, (3.2, 2.21), (5.3, 2.21))
    arrow(ax, (5.3, 2.09), (3.2, 2.09))
    box(ax, 4.25, 3.2, "$v$", "first", 0.5)
    arrow(ax, (4.5, 3.2), (5.15, 3.2))
    box(ax, 5.55, 3.2, "great?", "target", 0.8)
    for y, text in {
        0.3: "words: (batch,\nsentences, words)",
        1.05: "BiLSTM in each\nsentence",
        1.65: "weights of words",
        2.15: "BiLSTM over\nthe sentences",
        2.7: "weights of sentences",
        3.2: "review: (batch, units)",
    }.items():
        write(ax, 0, y, text, "right")
    return ax


TAGGED = {
    "scores": "One score for each tag comes out at each token",
    "path": "With transitions, the best path of tags is found as a whole",
}


def tagger(upto="path"):
    """Draw a network that tags each token of an address (lesson 14).

    upto: "scores" (each token for itself) or "path" (tags depend on their neighbours).
    """
    alone = choice("upto", upto, TAGGED) == "scores"
    ax = canvas(WIDTH, 3.65, TAGGED[upto])
    tags = ("B-Number", "B-Street", "I-Street", "B-Place")
    tokens = ("12", "Oak", "Hill,", "Erie")
    for t, (token, tag) in enumerate(zip(tokens, tags, strict=True)):
        x = 2.3 + 1.35 * t
        box(ax, x, 0.3, token, "input", 0.9)
        arrow(ax, (x, 0.48), (x, 0.86))
        box(ax, x, 1.05, "word, letters", "first", 0.95)
        arrow(ax, (x, 1.23), (x, 1.61))
        box(ax, x, 1.8, "BiLSTM", "first", 0.86)
        arrow(ax, (x, 1.98), (x, 2.36))
        grid(ax, x - 0.36, 2.7, [["", "", ""]], width=0.24)
        arrow(ax, (x, 2.74), (x, 3.12))
        box(ax, x, 3.3, tag, "target", 0.9)
        if t:
            arrow(ax, (x - 0.92, 1.87), (x - 0.43, 1.87))
            arrow(ax, (x - 0.43, 1.73), (x - 0.92, 1.73))
            arrow(ax, (x - 0.9, 3.3), (x - 0.45, 3.3), "" if alone else "A", pale=alone)
    write(ax, 0, 0.3, "tokens: (batch, time)", "right")
    write(ax, 0, 1.05, "Embedding, Dense\n(batch, time, features)", "right")
    write(ax, 0, 1.8, "(batch, time, 2 · units)", "right")
    write(ax, 0, 2.57, "Dense, scores:\n(batch, time, tags)", "right")
    matrix = "" if alone else "\ntransitions A"
    write(ax, 0, 3.3, "tags: (batch, time)" + matrix, "right")
    return ax


CAPTIONED = {
    "vector": "One vector of the picture is the decoder's first state",
    "attention": "With attention, the decoder looks at the cells at each word",
}


def captioner(upto="attention"):
    """Draw a CNN and a decoder that writes what is in a picture (lesson 17).

    upto: "vector" (the picture is the first state) or "attention" (also at each word).
    """
    looks = choice("upto", upto, CAPTIONED) == "attention"
    ax = canvas(WIDTH, 3.3, CAPTIONED[upto])
    box(ax, 0.75, 0.5, "picture", "input", 1.1)
    write(ax, 0.75, 0.1, "(batch, 1024)")
    arrow(ax, (0.75, 0.68), (0.75, 1.12))
    box(ax, 0.75, 1.3, "CNN", "first", 1.1)
    arrow(ax, (0.75, 1.48), (0.75, 1.9))
    grid(ax, 0.35, 2.7, [[""] * 8] * 8, width=0.1, height=0.1)
    write(ax, 0.75, 2.85, "cells $s_1, \\dots, s_{64}$")
    arrow(ax, (1.15, 2.1), (2.55, 1.3), "mean, Dense", via=[(1.35, 2.1), (1.35, 1.3)])
    write(ax, 1.95, 1.1, "$h_0,\\, c_0$")
    for t, (given, written) in enumerate(
        (("START", "woman"), ("woman", "cook"), ("cook", "dark"))
    ):
        x = 3.0 + 1.6 * t
        box(ax, x, 0.5, given, "input", 0.8)
        arrow(ax, (x, 0.68), (x, 1.12))
        box(ax, x, 1.3, f"$d_{t + 1}$", "second", 0.8)
        arrow(ax, (x, 1.48), (x, 1.92))
        box(ax, x, 2.1, written, "target", 0.8)
        if t < 2:
            arrow(ax, (x + 0.4, 1.3), (x + 1.2, 1.3))
            corners = [(x + 0.8, 2.1), (x + 0.8, 0.5)]
            arrow(ax, (x + 0.4, 2.1), (x + 1.2, 0.5), via=corners)
        top = [(0.75, 3.1), (x + 0.2, 3.1)] if t == 0 else [(x + 0.2, 3.1)]
        start = (0.75, 2.98) if t == 0 else (x - 1.4, 3.1)
        arrow(ax, start, (x + 0.2, 2.28), via=top, pale=not looks)
        if looks:
            write(ax, x + 0.28, 2.7, f"$z_{t + 1}$", "right")
    repeated(ax, 6.85, 1.3)
    return ax


def word_model():
    """Draw a language model over words with one table for both ends (lesson 16)."""
    ax = canvas(WIDTH, 4.05, "One table makes vectors of ids, and scores of vectors")
    tokens = ("we", "are", "free", ".", "<EOS>")
    for t, (token, following) in enumerate(zip(tokens, tokens[1:], strict=False)):
        x = 2.35 + 1.1 * t
        box(ax, x, 0.25, token, "input", 0.8)
        box(ax, x, 0.95, "row of $E$", "second", 0.8)
        box(ax, x, 1.65, "LSTM", "first", 0.7)
        box(ax, x, 2.35, "Dense", "first", 0.7)
        box(ax, x, 3.05, r"$E\,v_t$", "second", 0.8)
        box(ax, x, 3.75, following, "target", 0.8)
        for y in (0.25, 0.95, 1.65, 2.35, 3.05):
            arrow(ax, (x, y + 0.18), (x, y + 0.52))
        start = x - 0.75 if t else x - 0.8
        arrow(ax, (start, 1.65), (x - 0.35, 1.65))
    arrow(ax, (6.0, 1.65), (6.35, 1.65))
    arrow(ax, (6.05, 0.95), (6.05, 3.05), via=((6.75, 0.95), (6.75, 3.05)))
    write(ax, 6.75, 2.0, "tied", "left")
    for y, text in (
        (0.25, "words: (batch, time)"),
        (0.95, "(batch, time, width)"),
        (1.65, "(batch, time, units)"),
        (2.35, "$v_t$: (batch, time, width)"),
        (3.05, "(batch, time, words)"),
        (3.75, "the next words"),
    ):
        write(ax, 0.0, y, text, "right", size=8.5)
    return ax


SEEN = {
    False: "Each step asks all steps, and mixes what they answer",
    True: "With a causal mask, a step asks only itself and those before it",
}


def self_attention(causal=False):
    """Draw what the third of four steps gets by self-attention (lesson 18).

    causal: the step after it is hidden by a mask.
    """
    ax = canvas(WIDTH, 3.95, SEEN[choice("causal", causal, SEEN)])
    for j, symbol in enumerate("Rome", start=1):
        x = 1.1 + 1.27 * j
        pale = causal and j == 4
        box(ax, x, 0.3, symbol, "input", 0.5)
        arrow(ax, (x, 0.48), (x, 0.87), pale=pale)
        box(ax, x - 0.2, 1.05, f"$k_{j}$", "first", 0.36, pale=pale)
        box(ax, x + 0.2, 1.05, f"$v_{j}$", "first", 0.36, pale=pale)
        arrow(ax, (x - 0.2, 1.23), (x - 0.2, 1.77), pale=pale)
        arrow(ax, (x + 0.32, 1.23), (x + 0.32, 2.52), pale=pale)
        if pale:
            mask(ax, x - 0.15, 1.95, "masked", 0.76)
        else:
            box(ax, x - 0.15, 1.95, f"$r_{{3{j}}}$", width=0.6)
        arrow(ax, (x - 0.15, 2.13), (x - 0.15, 2.52), pale=pale)
        text = "0" if pale else f"$a_{{3{j}}}\\, v_{j}$"
        box(ax, x + 0.08, 2.7, text, "plain" if pale else "first", 0.9)
        arrow(ax, (x + 0.08, 2.88), (4.91 + 0.08 * (j - 3), 3.5), pale=pale)
    box(ax, 4.31, 1.05, "$q_3$", "second", 0.36)
    arrow(ax, (4.78, 0.48), (4.31, 0.87))
    for j in (1, 2, 3) if causal else (1, 2, 3, 4):
        x = 0.72 + 1.27 * j
        arrow(ax, (4.31, 1.23), (x, 1.77), via=[(4.31, 1.5), (x, 1.5)])
    box(ax, 4.91, 3.68, "$z_3$", "second", 0.5)
    for y, text in {
        0.3: "symbols as vectors:\n(batch, $n$, width)",
        1.05: "queries, keys, values:\n(batch, $n$, $d$)",
        1.95: "scores: (batch, $n$, $n$)",
        2.7: "weights, by softmax:\n(batch, $n$, $n$)",
        3.68: "sum: (batch, $n$, $d$)",
    }.items():
        write(ax, 0, y, text, "right", size=8.5)
    return ax


def transformer_block():
    """Draw one block of a Transformer (lesson 18)."""
    ax = canvas(
        WIDTH, 2.95, "A block adds what attention finds, then what a step makes"
    )
    write(ax, 0, 0.6, "$x$: (batch,\n$n$, width)", "right")
    arrow(ax, (0.85, 0.6), (3.31, 0.6))
    gate(ax, 3.5, 0.6, "plus")
    arrow(ax, (3.69, 0.6), (5.91, 0.6))
    gate(ax, 6.1, 0.6, "plus")
    arrow(ax, (6.29, 0.6), (6.9, 0.6))
    for x in (1.3, 4.1):
        arrow(ax, (x, 0.6), (x, 1.27))
        box(ax, x, 1.45, "normalise", width=0.84)
    arrow(ax, (1.72, 1.45), (2.05, 1.45))
    box(ax, 2.55, 1.45, "attention,\nin heads", "first", 1.0, 0.5)
    arrow(ax, (3.05, 1.45), (3.5, 0.79), via=[(3.5, 1.45)])
    arrow(ax, (4.52, 1.45), (4.75, 1.45))
    box(ax, 5.3, 1.45, "Dense, ReLU,\nDense", "first", 1.1, 0.5)
    arrow(ax, (5.85, 1.45), (6.1, 0.79), via=[(6.1, 1.45)])
    box(ax, 2.55, 2.4, "keys and values of earlier steps", "second", 2.5)
    arrow(ax, (2.55, 2.22), (2.55, 1.7), "(batch, $m$, width)")
    write(ax, 5.3, 1.72, "(batch, $n$, 4 width)", "above")
    write(ax, 2.4, 0.25, "what came in goes on, too")
    write(ax, 4.9, 0.25, "each step for itself")
    return ax


def word_window():
    """Draw a word, a neighbour and a drawn word, and their scores (lesson 15)."""
    ax = canvas(WIDTH, 2.9, "Skip-gram tells a real neighbour from a drawn word")
    text = ["lasting", "peace", "at", "home", "needs", "work"]
    for j, word in enumerate(text):
        role = {"peace": "first", "home": "second"}.get(word, "input")
        box(ax, 0.6 + 1.0 * j, 2.6, word, role, 0.8)
    arrow(ax, (1.6, 2.42), (1.6, 1.13), "read: (batch,)", side="left")
    arrow(ax, (3.6, 2.42), (3.6, 1.68), "neighbour: (batch,)")
    box(ax, 1.6, 0.95, "$w$ of peace", "first", 1.1)
    write(ax, 1.6, 0.77, "(batch, width)", "below", size=8.5)
    box(ax, 3.6, 1.5, "$c$ of home", "second", 1.1)
    box(ax, 3.6, 0.4, "$c$ of tariff", "second", 1.1)
    write(ax, 3.6, 0.22, "drawn: (n, width)", "below", size=8.5)
    for y, answer in ((1.5, "1, real"), (0.4, "0, drawn")):
        gate(ax, 4.7, y, "times")
        gate(ax, 5.4, y, "sigma")
        box(ax, 6.35, y, answer, "target", 0.9)
        arrow(ax, (4.15, y), (4.51, y))
        arrow(ax, (4.89, y), (5.21, y))
        arrow(ax, (5.59, y), (5.9, y))
        end = 1.31 if y > 1 else 0.59
        arrow(ax, (2.15, 0.95), (4.7, end), via=[(4.7, 0.95)])
    return ax


def tested_picture():
    """Draw slopes that come back to characters, and the test (lesson 19)."""
    ax = canvas(WIDTH, 3.0, "A picture takes slopes; the test changes a character")
    for t, symbol in enumerate("a gre"):
        x = 1.75 + 0.85 * t
        box(ax, x, 0.85, "space" if symbol == " " else symbol, "input", 0.56)
        arrow(ax, (x - 0.08, 1.03), (x - 0.08, 1.37))
        box(ax, x, 1.55, f"$e_{t + 1}$", "first", 0.56)
        arrow(ax, (x - 0.08, 1.73), (x - 0.08, 2.07))
        arrow(ax, (x + 0.1, 2.07), (x + 0.1, 1.73), back=True)
        box(ax, x, 2.25, "step", "first", 0.56)
        if t:
            arrow(ax, (x - 0.57, 2.31), (x - 0.28, 2.31))
            arrow(ax, (x - 0.28, 2.19), (x - 0.57, 2.19), back=True)
    arrow(ax, (5.43, 2.31), (5.85, 2.31))
    arrow(ax, (5.85, 2.19), (5.43, 2.19), back=True)
    box(ax, 6.35, 2.25, "$p$(a), the\nfavourite", "target", 0.98, 0.5)
    box(ax, 3.45, 0.2, "k", "second", 0.56)
    arrow(ax, (3.45, 0.38), (3.45, 0.67))
    write(ax, 3.75, 0.2, "the test: another character; how far does $p$ move?", "right")
    write(ax, 5.5, 1.55, "slopes $s_t$ (dashed):\nlarge, or small?", "right", size=8.5)
    for y, text in {
        0.85: "characters:\n(batch, time)",
        1.55: "vectors: (batch,\ntime, width)",
        2.25: "network",
    }.items():
        write(ax, 0, y, text, "right", size=8.5)
    return ax
