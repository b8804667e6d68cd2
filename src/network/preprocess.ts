// How a picture becomes the network's input, as the model file says it: resize, centre crop, and the
// normalisation (x - mean) / std that training used. The normalisation is folded into the first
// convolution when weights are packed; it is kept here because it pads that layer and is reported.

export interface Preprocess {
  /** `shorter-side`: keep the aspect, shorter side to `resizeTo`; `warp`: both sides to `resizeTo`. */
  resize: 'shorter-side' | 'warp';
  resizeTo: number;
  /** Side of the centre crop in pixels: the network's input. */
  crop: number;
  /** Per channel R, G, B, in pixel units 0..255. */
  mean: [number, number, number];
  std: [number, number, number];
  /** Channel order that the published weights were trained with. Packed weights always read RGB. */
  trainedOn: 'RGB' | 'BGR';
}

/** One class of a model. `synset` is the WordNet id where there is one. */
export interface Label {
  synset?: string;
  words: string;
}
