"""Common English words, for the recordings of `seqlib.data.speech`."""

from __future__ import annotations

COMMON_WORDS = """
about above across action after again against age ago agree air all almost alone along already also
always among animal another answer any appear apple area arm around arrive art ask away baby back bad bag
ball bank base basket bath bear beat beautiful because become bed before begin behind believe bell below
beside best better between big bird bit black blood blow blue board boat body bone book both bottle
bottom box boy branch bread break bridge bright bring broken brother build burn business busy but butter
button buy cake call camp can capital car card care carry case castle cat catch cause centre certain
chain chair chance change cheap cheese chest chicken child choose church circle city class clean clear
clock close cloth cloud coal coat cold collar colour come common company condition control cook cool
copper copy corn cost cotton cough count country cover cow credit cross crowd cruel cry cup current
curtain cut damage dance danger dark date daughter day dead deal dear death decide deep degree design
desire desk detail different dinner direct dirty distance divide doctor door doubt down draw dream dress
drink drive drop dry dust each ear early earth east easy eat edge effect egg eight either elastic
electric eleven end engine enough equal error even evening event ever every example exchange exist expert
explain eye face fact fall false family far farm fast fat father fear feather feel feet female fertile
few field fight fill final find fine finger finish fire first fish five fix flag flame flat flight floor
flower fly fold follow food foot force forest forget fork form forward four frame free frequent fresh
friend front fruit full future garden gate general get girl give glad glass glove go goat gold good
government grain grass great green grey grip group grow guide gun hair half hammer hand hang happy hard
harmony hat hate have head healthy hear heart heat help here high hill history hold hole hollow home
honest hope horn horse hospital hour house how humour hundred ice idea ill important increase industry
ink insect inside interest invent iron island jelly jewel join journey joy judge juice jump just keep
kettle key kick kind king kiss kitchen knee knife knot know lady lake lamp land language large last late
laugh law lead leaf learn leather left leg lesson let letter level library lift light like limit line
lion lip liquid list listen little live lock long look loose loss loud love low lunch machine make male
man many map mark market married mass match material may meal measure meat medical meet memory metal
middle military milk mind mine minute mist mix money monkey month moon morning mother motion mountain
mouth move much muscle music nail name narrow nation natural near neck need needle nerve net never new
news night nine noise normal north nose note nothing now number nut observe ocean offer office often oil
old once one only open operate opinion opposite orange order other out oven own page pain paint paper
parallel parcel part past paste pay peace pen pencil person picture pig pin pipe place plane plant plate
play please plough pocket point poison polish poor position possible pot potato powder power present
price print prison private probable process produce profit property prose protest public pull pump
purpose push put quality question quiet quite rail rain range rat rate ray reach read ready reason
receipt record red regret regular relation religion request respect responsible rest reward rhythm rice
right ring river road rod roll roof room root rough round rub rule run sad safe sail salt same sand say
scale school science scissors screw sea seat second secret see seed seem self send sense separate serious
servant seven sex shade shake shame sharp sheep shelf ship shirt shock shoe short shut side sign silk
silver simple sister six size skin skirt sky sleep slip slope slow small smash smell smile smoke smooth
snake sneeze snow soap social society sock soft solid some son song sort sound soup south space spade
special sponge spoon spring square stage stamp star start station steam steel stem step stick stiff still
stitch stomach stone stop store story strange street stretch strong such sudden sugar summer sun support
surprise sweet swim system table tail take talk tall taste tax teach ten test thank theory thick thin
thing think thought thread throat through thumb thunder ticket tight time tin tired together tomorrow
tongue tooth top touch town trade train transport tray tree trick trouble trousers true turn twist two
umbrella under unit value verse very vessel view violent voice walk wall war warm wash waste watch water
wave wax way weather week weight west wet wheel when where while whip whistle white wide will wind window
wine wing winter wire wise with woman wood wool word work worm wound write wrong year yellow yes
yesterday young zebra zero zone
""".split()
