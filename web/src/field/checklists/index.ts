/** Checklists on the device: the same questions and the same answers as the server's, without a network. */
export * from './pack'
export { AnswerFault, stripped, valueFault, type Answer, type Result, type WireAnswer } from './answers'
export { judge, limitOf, measured, type Judgement, type Known, type Verdict } from './engine'
export { asked, type Gate, type Lack, type Media, type MediaByHash } from './evidence'
export { findingId } from './finding-id'
export { grade, type Grade, type GradeReason } from './grading'
export { applicable, type Applicable, type Context } from './selection'
