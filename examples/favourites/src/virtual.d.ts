/** Addresses of the files the build derives from the data sets (build/data-files.ts). */
declare module "virtual:gazetteer" {
  const url: string;
  export default url;
}
declare module "virtual:world" {
  const url: string;
  export default url;
}
