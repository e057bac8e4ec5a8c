"""Contact sheets of takes: rendered frames under the waveform, the words and phones, and the mouth's opening.

``python -m tools.sheet --help``; in code: ``filming.film`` for each head, then ``drawing.draw_sheet``.
"""
