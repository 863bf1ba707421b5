"""Family names that are words too, and words in capitals that are no given name."""

from __future__ import annotations

# Bent or whole, words so common that they are hardly ever the family name, even of one named before.
NEVER = frozenset(["he", "soru", "dans", "каля", "коли"])

# Family names that are words too: only after the full name.
COMMON = frozenset(
    """
    frieden linie game tatars krol król dary дары дароу кролі луны луну колонны колонна колонну колонн банда банды
    гали churchill antonov tupolev perkins park lake dan pavel volker lin major may rice bush brown ford carter
    baker bruce price burns powell moon kim lee wang chen singh khan hunt barrow sall faye paz boko arce gil cooper
    harris martin davis greer ross waltz pence hague volkers paul marin stano bildt kurz rau maas gabriel kohl
    brandt fischer talon soto rama dar hasan hassan ahmed ali omar aziz abbas sattar peters wong garang пак мун ли
    ван ким дан парк лин май мэй рама дар кан хан али глаз тихий тихого ціхі павел коль мери козак мельник маляр
    литвин пас рау гил глаза глазу глазом глазе глазами store stores
    """.split()  # noqa: SIM905
)

# Family names of the second file that are words or others' names: after the full name or a title, even in office.
WORDS = frozenset(
    """
    alia banda barco barcos bell bishop bishops blok boca borne bornes bot campbell camara camaras cannon carne carrie
    cartes champagne clark cook cooks does earnest english espera evans fall falls fine fini finie flores fox franco
    gates glas graham green hammer hill hills horn horns kern key keys king konu lobo long mesa meta mile mille mills
    mock moore nadie nano palacio palacios parl parts pass power powers rate rato raty rede rop ropa saca sant serr sing
    sings slot smith sola spring straw struck tong tongs topi turk turks wade young
    баку блок блока блоком бок бока боком боку вад вада вадзе ваду вады гарне гарну гор гора горы гору горе горой
    герман карым кок кока коку каком коком кук кука куку куком лебедь лебедя лебедю лебедем лебеде лебідь лебедзь лета
    лету летом леты лютым лютае мака мок нана рада рады раду радой радзе свобода свободы свободе свободу свободой
    серым хата хаты хати хату хатой хаті хаце чакаю шах
    """.split()  # noqa: SIM905
)

NO_GIVEN = frozenset(
    """January February March April May June July August September October November December Monday Tuesday Wednesday
    Thursday Friday Saturday Sunday Did Does Do Is Was Will Would Can Could Has Had Have Should May Might Must When If But And
    That What Why How Where Who Then So As For With By To From At In On Of Or Yet Now Once""".split()  # noqa: SIM905
)

HONORIFICS = frozenset(
    """
    Mr Mrs Ms Mr. Mrs. Ms. MR MS Dr Dr. Gen. General Sir Lord Lady Herr Frau M. Mme Señor Sr. Sra. Don President
    Premier Chancellor Minister Secretary Prime Foreign Sen. Rep. Pan Pani Sayın
    """.split()  # noqa: SIM905
)
