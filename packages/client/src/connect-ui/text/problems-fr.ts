/** Ce qui s’est passé, si les données sont en sûreté, et que faire: en français. */
import type { Texts } from "./texts.ts";

export const problemsFr: Texts["problems"] = {
  accessBusy: {
    title: "Votre coffre demande déjà",
    what: "Une demande pour cette application, ou plusieurs pour d’autres, vous y attend. Rien n’a été changé.",
    todo: "Répondez-y dans votre coffre, ou attendez deux minutes, puis réessayez.",
  },
  accessExpired: {
    title: "Pas de réponse de votre coffre",
    what: "Personne n’a répondu à la demande en deux minutes, ou on l’interroge sur trop d’applications. Rien n’a été changé.",
    todo: "Réessayez quand vous êtes près de votre coffre\u00a0; npx masq apps requests montre qui demande.",
  },
  accessRefused: {
    title: "Votre coffre a dit non",
    what: "L’accès y a été refusé, maintenant ou récemment. Rien n’a été changé.",
    todo: "Si c’était une erreur, attendez une minute et réessayez.",
  },
  cameraFailed: {
    title: "L’appareil photo ne marche pas",
    what: "Il n’a pas pu démarrer\u00a0; un autre programme l’utilise peut-être.",
    todo: "Fermez ce qui l’utilise et réessayez, ou collez le lien.",
  },
  cameraMissing: {
    title: "Pas d’appareil photo ici",
    what: "Cet appareil n’a pas d’appareil photo connu du navigateur.",
    todo: "Collez plutôt le lien.",
  },
  cameraRefused: {
    title: "Appareil photo non autorisé",
    what: "Le navigateur n’a pas laissé cette page utiliser l’appareil photo.",
    todo: "Autorisez-le dans les réglages du navigateur pour cette page, ou collez le lien.",
  },
  cancelled: {
    title: "Annulé",
    what: "Rien n’a été changé, et vos données sont en sûreté.",
    todo: "Réessayez quand vous voulez.",
  },
  circles: {
    title: "Les deux ont déjà d’autres appareils",
    what: "Chacun des deux est lié à d’autres appareils, et ce ne sont pas les mêmes. Rien n’a été changé, aucune donnée n’est perdue.",
    todo: "Sur chaque appareil du plus petit groupe\u00a0: gardez ce qui n’est nulle part ailleurs avec l’export de l’application, puis effacez les données de ce site dans les réglages du navigateur et reconnectez-le, comme un nouvel appareil.",
  },
  damaged: {
    title: "Les données sont illisibles",
    what: "Ce qui est gardé ici est abîmé, ou n’a pas été écrit par cette application. Rien n’a été changé.",
    todo: "Laissez tout en l’état et demandez de l’aide. Un autre de vos appareils a peut-être tout.",
  },
  declined: {
    title: "Vous avez dit non",
    what: "Les appareils ne sont pas connectés, et rien n’a été changé.",
    todo: "Si c’était une erreur, réessayez avec un nouveau lien.",
  },
  digits: {
    title: "Non connecté",
    what: "Les chiffres n’étaient pas ceux de l’autre appareil, ou il a dit non. Rien n’a été changé.",
    todo: "Réessayez avec un nouveau lien, et regardez bien les chiffres.",
  },
  expired: {
    title: "Le lien n’est plus valable",
    what: "Personne ne l’a ouvert à temps. Rien n’a été changé.",
    todo: "Créez-en un nouveau quand l’autre appareil est à portée de main.",
  },
  foreign: {
    title: "Le lien d’une autre application",
    what: "Cette invitation n’est pas pour cette application. Elle n’a pas été utilisée, rien n’a été envoyé.",
    todo: "Ouvrez le lien dans son application, ou créez-en un pour celle-ci sur votre autre appareil.",
  },
  full: {
    title: "Plus de place",
    what: "Ce qui était enregistré est en sûreté et lisible. Les nouvelles modifications, faites ici ou sur un autre appareil, ne sont pas gardées ici.",
    todo: "Libérez de la place sur cet appareil, puis enregistrez à nouveau ce que vous avez fait en dernier. Ce qu’ont vos autres appareils suit tout seul.",
  },
  interrupted: {
    title: "Interrompu",
    what: "L’onglet de cette application qui travaillait pour tous a été fermé ou arrêté. Personne d’autre n’y est pour rien, et aucune donnée n’est perdue.",
    todo: "Réessayez avec un nouveau lien\u00a0; cela termine aussi ce qui était à moitié fait.",
  },
  invalid: {
    title: "Ce lien n’est pas entier",
    what: "Il en manque une partie, ou une version plus récente l’a créé. Rien n’a été envoyé.",
    todo: "Copiez encore une fois le lien entier\u00a0; sinon, mettez à jour l’application sur les deux appareils.",
  },
  locked: {
    title: "Utilisé ailleurs",
    what: "Un autre programme ou une autre fenêtre a ouvert ces données. Elles sont en sûreté.",
    todo: "Utilisez celui-là, ou fermez-le et réessayez.",
  },
  lost: {
    title: "Les données ne sont plus lisibles",
    what: "Le navigateur a supprimé ou abîmé ce que cette application gardait ici pendant que la page était ouverte. Rien n’a été supprimé sur vos autres appareils.",
    todo: "Rechargez cette page. Si les données ont disparu, connectez un autre de vos appareils pour tout retrouver.",
  },
  newer: {
    title: "Écrit par une version plus récente",
    what: "Une version plus récente de l’application a écrit ces données. Elles sont en sûreté, rien n’a été changé.",
    todo: "Mettez l’application à jour\u00a0; souvent il suffit de recharger la page.",
  },
  noAccess: {
    title: "Cette application n’a pas accès",
    what: "Votre coffre ne laisse pas, ou plus, entrer cette application. Les données y sont en sûreté.",
    todo: "Redemandez l’accès depuis l’application, et autorisez-la dans votre coffre.",
  },
  nobody: {
    title: "Personne ne répond à ce lien",
    what: "Il a déjà servi, n’est plus valable, ou l’autre appareil n’est plus connecté. Rien n’a été changé.",
    todo: "Créez un nouveau lien sur l’autre appareil et ouvrez-le dans les cinq minutes.",
  },
  noSyncService: {
    title: "Les appareils ne peuvent pas encore se trouver",
    what: "Cette application n’indique aucun service de synchronisation, par lequel les appareils se trouvent. Vos données restent sur cet appareil, en sûreté.",
    todo: "Ouvrez un lien créé sur un autre appareil, s’il a un service\u00a0; sinon demandez à qui fait l’application.",
  },
  other: {
    title: "Cela n’a pas marché",
    what: "Il s’est passé quelque chose d’imprévu. Ce qui était enregistré est en sûreté.",
    todo: "Réessayez. Si cela revient, envoyez les détails à qui fait l’application.",
  },
  ownLink: {
    title: "Ce lien est pour l’autre appareil",
    what: "Il a été créé sur cet appareil-ci. Rien n’a été changé, et il reste valable.",
    todo: "Ouvrez-le sur l’appareil à connecter, ou visez le code avec son appareil photo.",
  },
  pairingFailed: {
    title: "La connexion s’est interrompue",
    what: "L’autre appareil s’est perdu en route, ou quelqu’un d’autre a ouvert le même lien. Aucune donnée n’est perdue.",
    todo: "Vérifiez que vous connaissez tous les appareils de la liste, puis réessayez avec un nouveau lien que personne d’autre ne voit.",
  },
  refused: {
    title: "L’autre appareil a dit non",
    what: "Quelqu’un y a dit non, n’a pas répondu à temps, ou le lien est celui d’une autre application. Rien n’a été changé.",
    todo: "Réessayez avec un nouveau lien.",
  },
  storage: {
    title: "Les données n’ont pas pu être gardées",
    what: "La mémoire de cet appareil a signalé une erreur. Ce qui était enregistré est en sûreté, sauf si elle l’a perdu.",
    todo: "Vérifiez la place libre, rechargez la page et réessayez.",
  },
  storeAbsent: {
    title: "Aucun coffre trouvé",
    what: "Aucun coffre ne répond sur cet ordinateur, ou le navigateur ne laisse pas cette page le joindre. Vos données sont en sûreté là où elles sont.",
    todo: "Démarrez-le avec npx masq start, autorisez cette page à joindre cet ordinateur, et réessayez.",
  },
  storeAway: {
    title: "Votre coffre ne répond pas",
    what: "Il a été absent ou occupé trop longtemps. Ce qui était enregistré y est en sûreté.",
    todo: "Vérifiez qu’il tourne (npx masq doctor aide), puis réessayez.",
  },
  storeBlocked: {
    title: "Le navigateur sépare cette page de votre coffre",
    what: "On lui a dit, vous ou une règle, de ne pas laisser cette page joindre les programmes de cet ordinateur. Vos données sont en sûreté là où elles sont.",
    todo: "Autorisez les «\u00a0applications de cet appareil\u00a0» ou le «\u00a0réseau local\u00a0» dans les réglages du navigateur pour cette page, rechargez-la et réessayez.",
  },
  storeMismatch: {
    title: "Un autre coffre répond",
    what: "Ce qui répond n’est pas le coffre qui a laissé entrer cette application. Rien ne lui a été envoyé.",
    todo: "Démarrez votre coffre. Si vous l’avez réinstallé, faites oublier l’ancien à l’application.",
  },
  storeMixed: {
    title: "Ce navigateur ne laisse aucune page joindre un coffre",
    what: "Safari tient les pages sécurisées à l’écart de tous les programmes de l’ordinateur. Vos données sont en sûreté là où elles sont.",
    todo: "Utilisez un autre navigateur sur cet ordinateur.",
  },
  storePermission: {
    title: "Le navigateur attend votre réponse",
    what: "Il demande si cette page peut joindre les programmes de cet ordinateur. Rien n’a été changé.",
    todo: "Dites oui, puis réessayez.",
  },
  storePolicy: {
    title: "Cette application s’interdit de joindre un coffre",
    what: "La politique de sécurité de la page (connect-src) ne nomme aucun coffre. Rien n’a été changé.",
    todo: "Dites-le à qui fait l’application.",
  },
  storeRevoked: {
    title: "Votre coffre a retiré l’accès",
    what: "Votre coffre ne laisse plus entrer cette application. Ce qu’il garde y reste\u00a0; l’application continue avec ce qui est sur cet appareil.",
    todo: "Si c’était une erreur, redemandez par «\u00a0Garder mes données sur cet ordinateur\u00a0».",
  },
  storePairs: {
    title: "Votre coffre connecte vos appareils",
    what: "Les données de cette application sont dans votre coffre, lié de lui-même à d’autres. Rien n’a été fait.",
    todo: "Utilisez masq invite sur un ordinateur et masq join sur l’autre.",
  },
  syncServiceAway: {
    title: "Le service de synchronisation est injoignable",
    what: "C’est par lui que vos appareils se trouvent. Vos données sont gardées sur cet appareil, en sûreté.",
    todo: "Vérifiez le réseau et réessayez plus tard\u00a0; la synchronisation reprend d’elle-même.",
  },
  syncServiceRefused: {
    title: "Le service de synchronisation a refusé",
    what: "Il veut peut-être une autre version, un jeton d’accès ou une pause. Vos données sont gardées sur cet appareil, en sûreté.",
    todo: "Réessayez dans une minute, ou demandez à qui gère le service.",
  },
  unsuitable: {
    title: "Ce navigateur ne peut pas garder vos données",
    what: "Il est trop ancien, ou ne laisse pas cette page enregistrer quoi que ce soit, comme dans certaines fenêtres privées. Rien n’a été changé.",
    todo: "Mettez-le à jour, autorisez cette page à enregistrer des données, ou quittez la fenêtre privée.",
  },
};
