/** Tous les textes, en français. */
import type { Texts } from "./en.ts";

export const fr: Texts = {
  otherLanguage: "English",
  switchLanguage: "Switch to English",
  title: "Favoris",
  skip: "Aller à vos lieux",
  map: {
    label: "Globe avec vos lieux favoris",
    help: "Les flèches tournent le globe, plus et moins changent l’échelle, zéro le montre en entier, Entrée choisit le point au centre.",
    nearer: "Zoom avant",
    farther: "Zoom arrière",
    all: "Montrer tout le globe",
    failed:
      "La carte n’a pas pu être chargée. Vos lieux n’y sont pour rien\u00a0: la liste marche sans elle.",
  },
  search: {
    label: "Trouver un lieu",
    placeholder: "Une ville, ou «\u00a0ville, pays\u00a0»",
    clear: "Effacer la recherche",
    loading: "Ouverture de l’index…",
    failed:
      "L’index des lieux n’a pas pu être chargé. Vous pouvez toujours montrer un point du globe.",
    none: (query) =>
      `«\u00a0${query}\u00a0» n’est pas dans ce petit index. Tournez le globe et appuyez à l’endroit voulu.`,
    found: (count) => (count === 1 ? "Un lieu trouvé" : `${count} lieux trouvés`),
    saved: "gardé",
  },
  spot: {
    found: "De l’index",
    pointed: "Un point du globe",
    near: (town) => `Près de ${town}`,
    name: "Nom",
    save: "Garder ce lieu",
    cancel: "Pas maintenant",
  },
  list: {
    heading: "Vos lieux",
    count: (count) => (count === 1 ? "1 lieu" : `${count} lieux`),
    tags: "Filtrer par étiquette",
    all: "Tous",
    noneTagged: (tag) => `Aucun lieu n’a plus l’étiquette «\u00a0${tag}\u00a0».`,
    emptyTitle: "Un atlas vierge",
    empty:
      "Cherchez un lieu, ou appuyez n’importe où sur le globe, et gardez-le. Pour commencer\u00a0:",
    emptyWhere:
      "Ce que vous gardez reste sur vos propres appareils\u00a0: sur celui-ci, tant que vous n’en connectez pas d’autre.",
    loading: "Lecture de vos lieux…",
    conflict: "Modifié à deux endroits à la fois",
    fresh: "vient de changer ailleurs",
    away: "Vos données sont hors d’atteinte pour l’instant. Vous voyez leur dernier état\u00a0; les modifications attendent.",
  },
  place: {
    back: "Tous les lieux",
    name: "Nom",
    note: "Note",
    noteHint: "Ce que vous voulez retenir",
    tags: "Étiquettes",
    tagsHint: "Avec des virgules\u00a0: été, amis",
    save: "Enregistrer",
    saving: "Enregistrement…",
    remove: "Supprimer",
    savedOn: (date) => `Gardé le ${date}`,
    stale:
      "Modifié ailleurs pendant que vous écrivez. Enregistrer réunit les deux, et demande là où ils diffèrent.",
    gone: "Supprimé ailleurs alors qu’il est ouvert ici. Enregistrez-le pour le garder.",
    required: "Un lieu a besoin d’un nom.",
  },
  choice: {
    heading: "Modifié à deux endroits à la fois",
    lead: "Rien n’est perdu\u00a0: voici les deux. Gardez-en un, ou réunissez-les.",
    yours: "Le vôtre, pas encore enregistré",
    version: (number) => `Version ${number}`,
    written: (time) => `écrite ${time}`,
    keep: "Garder celle-ci",
    keepNamed: (title) => `Garder celle-ci\u00a0: ${title}`,
    differs: { name: "un autre nom", note: "une autre note" },
    noNote: "Sans note",
    joined: "Réunies",
    join: "Enregistrer la réunion",
    moved: "Cela vient de changer encore. Regardez une nouvelle fois.",
  },
  data: {
    opening: "Ouverture de vos lieux",
    failedTitle: "Vos lieux ne peuvent pas être montrés",
    failed:
      "Rien n’est perdu pour autant. «\u00a0Vos données\u00a0» dit ce qui s’est passé et que faire.",
    why: "Que s’est-il passé\u00a0?",
    forgetWhat:
      "Seulement si vous avez refait votre coffre, ou n’en voulez plus\u00a0: continuez avec ce qui est sur cet appareil.",
    forget: "Continuer sans ce coffre",
  },
  toast: {
    deleted: (name) => `${name} a été supprimé.`,
    undo: "Annuler",
    close: "Fermer",
  },
  said: {
    saved: (name) => `${name} est enregistré.`,
    restored: (name) => `${name} est revenu.`,
    added: (name) => `${name} a été ajouté ailleurs.`,
    changed: (name) => `${name} a été modifié ailleurs.`,
    deleted: (name) => `${name} a été supprimé ailleurs.`,
    resolved: (name) => `${name} n’a plus qu’une version.`,
  },
  problem: {
    MASQ_STORAGE_FULL:
      "Non enregistré\u00a0: le disque est plein. Tout ce qui était enregistré est en sûreté. Libérez de la place et recommencez.",
    MASQ_STORAGE_FAILED:
      "Non enregistré\u00a0: le disque a signalé une erreur. Votre texte est toujours là\u00a0; réessayez.",
    MASQ_STORAGE_DAMAGED:
      "Ce qui est gardé ici est endommagé. «\u00a0Vos données\u00a0» dit que faire.",
    MASQ_STORE_UNREACHABLE:
      "Non enregistré\u00a0: vos données n’ont pas répondu à temps. Votre texte est toujours là\u00a0; réessayez.",
    MASQ_OUTCOME_UNKNOWN:
      "Vos données sont parties pendant l’enregistrement. Regardez à leur retour si la modification y est.",
    MASQ_CONFLICT:
      "Non enregistré\u00a0: cela change sans cesse ailleurs. Regardez et enregistrez de nouveau.",
    other: (code) => `Cela n’a pas marché (${code}). Tout ce qui était enregistré est en sûreté.`,
  },
  credits: {
    about: "À propos",
    text: "Noms de lieux\u00a0: GeoNames, CC BY 4.0, en partie. Carte\u00a0: Natural Earth, domaine public. Caractères\u00a0: Alegreya, OFL. Dessiné sur votre ordinateur\u00a0; cette page ne charge rien d’ailleurs.",
    close: "Fermer",
  },
  compass: { north: "N", south: "S", east: "E", west: "O" },
  suggestions: ["Lisbonne", "Kyoto", "Valparaíso"],
};
