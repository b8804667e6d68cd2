// The Worker's entry: the wasm modules, what lives as long as the isolate, and the HTTP application.
import webpModule from '@jsquash/webp/codec/dec/webp_dec.wasm';
import decodeModule from '../build/decode.wasm';
import kernelsModule from '../build/kernels.wasm';
import { createApp } from './http/app.ts';
import { classifierEntrypoint } from './http/rpc.ts';
import { ImageDecoder } from './image/decoder.ts';
import { Admission } from './isolate/admission.ts';
import { ModelLoader } from './model/loader.ts';

const services = {
  admission: new Admission(),
  loader: new ModelLoader(kernelsModule),
  decoder: new ImageDecoder(decodeModule, () => webpModule),
};

/** For service bindings of other Workers. */
export const Classifier = classifierEntrypoint(services);

export default createApp(services);
