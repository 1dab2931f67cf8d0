/** Tous les textes en français. */
import { problemsFr } from "./problems-fr.ts";
import type { Texts } from "./texts.ts";

/** En français zéro est au singulier. */
const many = (count: number, one: string, more: string): string => (count < 2 ? one : more);

export const fr: Texts = {
  direction: "ltr",
  title: "Vos données",
  close: "Fermer",
  back: "Retour",
  cancel: "Annuler",
  done: "Terminé",
  details: "Détails pour qui vous aide",
  reload: "Recharger la page",
  quote: (text) => `«\u00a0${text}\u00a0»`,
  nameless: "Un appareil",
  glance: {
    alone: () => "Sur cet appareil seulement",
    away: () => "Autres appareils absents",
    connecting: () => "Connexion…",
    failed: () => "Non connecté",
    full: () => "Plus de place",
    linked: (count, shown) => many(count, "Connecté à 1 appareil", `Connecté à ${shown} appareils`),
    offline: () => "Hors ligne",
    unreachable: () => "Service de synchronisation injoignable",
    receiving: (count, shown) =>
      many(count, "1 modification à recevoir", `${shown} modifications à recevoir`),
    sending: (count, shown) =>
      many(count, "1 modification à envoyer", `${shown} modifications à envoyer`),
    store: () => "Dans votre coffre",
    storeAway: () => "Coffre injoignable",
    troubled: () => "Problème de mémoire",
    verified: () => "Tout est vérifié",
  },
  meaning: {
    alone: "Connectez un autre appareil\u00a0: perdu ou en panne, celui-ci n’emporterait rien.",
    away: "Vos modifications sont gardées ici, et envoyées dès que l’un d’eux revient.",
    connecting: "Ouverture de vos données.",
    failed: "",
    full: "",
    linked: "Ce que vous modifiez ici arrive là-bas, et inversement.",
    offline: "Vos modifications sont gardées ici, et envoyées au retour du réseau.",
    unreachable:
      "Vos appareils se retrouvent par un service de synchronisation, injoignable pour le moment. Vos modifications sont gardées ici, et envoyées à son retour.",
    receiving: "Des données plus récentes d’un autre appareil arrivent.",
    sending: "Elles sont gardées ici, et envoyées dès qu’un autre appareil est joignable.",
    store: "Le coffre de cet ordinateur garde les données de cette application.",
    storeAway: "Recherche en cours. Attendez son retour pour les modifications importantes.",
    troubled: "",
    verified: "Tous vos appareils ont les mêmes données.",
  },
  devices: {
    heading: "Appareils",
    own: "Cet appareil",
    ownHolds: "A toutes les données de cette application",
    storeHolds: "Votre coffre a toutes les données de cette application",
    other: (_, shown) => `Appareil ${shown}`,
    connected: "Connecté en ce moment",
    seen: (ago) => `Vu ${ago}`,
    neverSeen: "Pas encore vu",
    verified: (since) => `Mêmes données depuis ${since}`,
    toSend: (count, shown) =>
      many(count, "1 modification à envoyer", `${shown} modifications à envoyer`),
    toReceive: (count, shown) =>
      many(count, "1 modification à recevoir", `${shown} modifications à recevoir`),
    storePairs:
      "Votre coffre connecte vos appareils et connaît leurs noms. Sur chaque ordinateur, masq invite et masq join connectent deux coffres.",
  },
  invite: {
    action: "Connecter un autre appareil",
    starting: "Création d’un lien…",
    how: "Visez ce code avec l’appareil photo de l’autre appareil, ou ouvrez-y le lien.",
    qr: "Code QR du lien d’invitation, qui dit la même chose.",
    link: "Lien d’invitation",
    copy: "Copier",
    copied: "Copié",
    copyFailed: "Copie impossible\u00a0: le lien est sélectionné, copiez-le au clavier.",
    left: (time) => `Pour un seul appareil, encore ${time}`,
    secret: "Gardez cette fenêtre ouverte, et n’envoyez le lien qu’à vous-même.",
    offline:
      "Vous semblez hors ligne. L’autre appareil ne trouvera pas celui-ci avant le retour du réseau.",
    unreachable:
      "Le service de synchronisation est injoignable pour le moment. L’autre appareil ne trouvera pas celui-ci avant son retour.",
    storeAction: "Le connecter par un lien",
    storeTitle: "Connecter votre coffre par un lien",
    storeHow: "Dans un terminal de l’ordinateur qui a votre coffre\u00a0:",
    storeAsks:
      "Il demande le lien\u00a0: copiez-le ici et collez-le là-bas. Comparez ensuite les chiffres.",
  },
  accept: {
    action: "J’ai un lien",
    title: "Utiliser un lien d’invitation",
    how: "Sur votre autre appareil, choisissez «\u00a0Connecter un autre appareil\u00a0», puis apportez le lien ici.",
    field: "Lien d’invitation",
    go: "Connecter",
    scan: "Scanner avec l’appareil photo",
    scanHow: "Le navigateur demande l’accès à l’appareil photo. L’image reste sur cet appareil.",
    scanning: "Visez le code affiché par l’autre appareil.",
    notInvitation:
      "Ce n’est pas une invitation à cette application. Copiez le lien en entier, ou scannez son code.",
    stopScan: "Arrêter l’appareil photo",
    starting: "Recherche de l’autre appareil…",
    nobodyYet:
      "Personne ne répond pour l’instant. Le lien est-il encore affiché sur l’autre appareil\u00a0?",
    opened: "Un appareil invite celui-ci",
    openedWhat:
      "Si vous continuez, les deux appareils partageront toutes les données de cette application.",
    openedHow:
      "Ne continuez que si vous avez créé ce lien vous-même, sur un autre de vos appareils.",
    connect: "Connecter",
    notNow: "Pas maintenant",
    another: "Un autre lien",
    anotherWhat:
      "Cet appareil est déjà en train d’être connecté. Pour utiliser le lien que vous venez d’ouvrir, il faut y mettre fin.",
    useAnother: "Arrêter et utiliser le nouveau lien",
    goOn: "Continuer comme avant",
    backToLink: "Revenir au lien",
  },
  confirm: {
    title: "Est-ce votre appareil\u00a0?",
    wants: (name) => `${name} souhaite se connecter.`,
    invites: (name) => `${name} invite cet appareil.`,
    isStore: "C’est un ordinateur avec Masq.",
    isNameTaken: "Vous avez déjà un appareil de ce nom.",
    isOwnName: "Il porte le même nom que celui-ci.",
    compare: "Les deux appareils montrent ces chiffres. Dites oui seulement s’ils sont identiques.",
    type: "Chiffres sur l’autre appareil",
    typeWhy:
      "Il y a déjà des données ici. Pour être sûr qu’il est à vous, tapez les six chiffres que montre l’autre appareil.",
    digits: "Chiffres",
    sixDigits: "Tapez les six chiffres.",
    yes: "Oui, connecter",
    no: "Non",
    agreed: "Dites oui sur l’autre appareil aussi",
    agreedShown: "Il montre les mêmes chiffres.",
    leaving: "Refus en cours…",
  },
  evicted:
    "Le navigateur a effacé ce que cette application gardait ici. Rien n’a été effacé sur vos autres appareils\u00a0: connectez-en un pour tout retrouver.",
  paired: {
    title: "Connecté",
    what: (name) =>
      `${name} et cet appareil partagent désormais toutes les données de cette application, d’eux-mêmes.`,
  },
  store: {
    action: "Garder mes données sur cet ordinateur",
    what: "Un coffre est un petit programme de cet ordinateur qui garde pour vous les données de vos applications.",
    points: [
      "Il reste quand les données du navigateur sont effacées.",
      "Tout est chiffré sur le disque, et chaque application ne voit que ses propres données.",
      "Ce qui est ici déménage avec\u00a0; vos autres appareils restent connectés.",
    ],
    needs:
      "Il doit tourner\u00a0: démarrez-le avec npx masq start. Le navigateur peut demander si cette page a le droit de le joindre.",
    go: "Chercher mon coffre",
    again: "Réessayer",
    linkInstead:
      "Ou connectez votre coffre comme un autre appareil, par le service de synchronisation\u00a0: il a alors les mêmes données, et l’application continue ici.",
    working: "Demande à votre coffre…",
    compare: "Autorisez cette application dans votre coffre s’il montre les mêmes chiffres.",
    how: "Dans un terminal de cet ordinateur\u00a0:",
    until: (time) => `Il attend jusqu’à ${time}.`,
    moving: (count, shown) =>
      count === 0
        ? "Transfert de vos données…"
        : `Transfert de vos données\u00a0: encore ${many(count, "1 modification", `${shown} modifications`)}…`,
    movingHow: "Vous pouvez fermer cette fenêtre\u00a0: cela continue tout seul.",
    doneTitle: "Dans votre coffre",
    done: "Votre coffre garde désormais les données de cette application.",
  },
  safety: {
    action: "Mes données sont-elles en sûreté\u00a0?",
    size: (entries, shown, bytes) =>
      many(entries, `${shown} entrée, ${bytes}`, `${shown} entrées, ${bytes}`),
    where: "Où elles sont",
    here: "Dans ce navigateur, sur cet appareil.",
    inStore: "Dans le coffre de cet ordinateur, chiffrées.",
    copies: "Copies",
    noCopy: "Aucun autre appareil n’en a de copie. Si celui-ci est perdu, elles le sont aussi.",
    someCopies: (count, shown) =>
      many(count, "Un autre appareil a les mêmes.", `${shown} autres appareils ont les mêmes.`),
    unverified: (count, shown) =>
      many(
        count,
        "Un autre appareil est lié à celui-ci, mais n’a pas encore tout.",
        `${shown} autres appareils sont liés à celui-ci, mais aucun n’a encore tout.`,
      ),
    keeping: "La promesse du navigateur",
    persisted: "Le navigateur a promis de ne pas effacer les données de lui-même.",
    notPersisted: "Le navigateur peut effacer les données de lui-même quand la place manque.",
    ask: "Demander au navigateur de les garder",
    granted: "Le navigateur a dit oui\u00a0: il n’effacera pas les données de lui-même.",
    refused:
      "Le navigateur a dit non. La plupart disent oui quand une page est souvent utilisée, mise en favori ou installée\u00a0; une copie sur un autre appareil aide tout de suite.",
    privateWindow: "Fenêtres privées",
    privateWindowWhat:
      "Dans une fenêtre privée tout est effacé à la fermeture. Aucune page ne peut savoir à coup sûr si elle s’y trouve.",
    sealed: "En chemin",
    sealedWhat:
      "Entre vos appareils tout est chiffré\u00a0; le service qui les relie ne peut rien lire.",
  },
  problems: problemsFr,
};
