/** Names for new rooms: easy to say on the telephone, hard to guess (about 30 bits from the browser's random source). */
import type { Language } from "../../i18n";

const en = {
  adjectives:
    "amber ancient autumn blue brave bright calm clever copper cosy crimson curious early eager fair fearless gentle golden grand green happy hidden honest humble jolly kind lively lucky lunar mellow merry mighty misty modest noble northern open patient polite proud quiet rapid rosy round royal rustic silent silver simple smooth snowy solar spring starry steady sunny swift tall tidy velvet warm wild wise young",
  nouns:
    "acorn anchor apple badger balloon barrel basket beacon bear beaver birch bison bridge brook bucket button candle canyon castle cedar cello chestnut cloud clover comet coral cottage cricket daisy dolphin dragon drum eagle ember falcon feather fern fiddle finch forest fountain fox garden glacier harbour harp hazel heron hill island ivy jacket kettle kite lagoon lantern lark lemon lily lion lodge maple marble meadow mill mirror moon mountain nutmeg oak ocean olive orchard otter owl paddle panda pebble pepper piano pigeon pine planet plum pocket pond poplar prairie rabbit raven ribbon river robin rocket sail salmon saddle shell sparrow spoon squirrel stone stream swan teapot thimble thistle thunder tiger timber tower trumpet tulip turtle valley village violin walnut waterfall whale willow window",
  verbs:
    "asks calls carries catches crosses finds follows greets guides hears helps invites joins keeps knows leads likes meets minds paints passes reaches sees sketches teaches thanks tells trusts visits wakes watches welcomes",
};

const de = {
  nouns:
    "ahorn amsel anker apfel bach baum berg biber biene birke birne blume boot brief brille brot buche buch burg dachs delfin distel dohle drachen eiche eimer elster ente esel eule fahne falke farn feder feige fichte fink flieder floh fluss forelle fuchs gans garten geige gipfel glocke hafen hahn hase hecht himmel hirsch hummel hut igel insel jacke kamel kanne karte kastanie kater kerze kiesel kirsche klee komet koralle korb krabbe kranich kuchen lampe laterne laub lerche libelle linde luchs mandel marder meise melone mohn mond moos muschel nebel nelke nuss olive orgel otter pappel pfau pfeffer pilz pinsel planet quelle rabe regen reh reiher robbe rose rucksack schaf schal schirm schwan segel sonne spatz specht stern storch tanne tasse taube teich trommel tulpe turm ufer uhu veilchen wal wald weide wiese wolke zeder zelt ziege",
  verbs:
    "achtet begleitet begegnet besucht bewundert braucht dankt entdeckt erkennt fragt findet folgt grüßt hilft hört kennt lockt lobt mag malt meint merkt ruft rettet sieht sucht tröstet trägt traut trifft weckt zeigt",
  places:
    "am-abend am-bach am-berg am-fenster am-feuer am-hafen am-meer am-morgen am-see am-strand am-tisch am-turm am-ufer am-weg am-zaun auf-dem-berg auf-dem-dach auf-dem-hof auf-dem-markt im-garten im-herbst im-hof im-moor im-nebel im-regen im-schnee im-sommer im-tal im-wald im-wind im-winter im-zelt",
};

/** A whole number in [0, below), all equally likely. */
function randomBelow(below: number): number {
  const limit = Math.floor(0x1_0000_0000 / below) * below;
  const box = new Uint32Array(1);
  for (;;) {
    const value = crypto.getRandomValues(box)[0] ?? 0;
    if (value < limit) return value % below;
  }
}

function pick(words: string): string {
  const list = words.split(" ");
  return list[randomBelow(list.length)] ?? "";
}

/** A new name in the given language, such as `quiet-river-meets-amber-lantern`; ASCII only, so that it survives every messenger. */
export function generateRoomName(language: Language): string {
  const words =
    language === "de"
      ? [pick(de.nouns), pick(de.verbs), pick(de.nouns), "und", pick(de.nouns), pick(de.places)]
      : [pick(en.adjectives), pick(en.nouns), pick(en.verbs), pick(en.adjectives), pick(en.nouns)];
  return words.join("-").replaceAll("ü", "ue").replaceAll("ö", "oe").replaceAll("ä", "ae").replaceAll("ß", "ss");
}
