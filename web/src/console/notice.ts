/** Short messages at the top of the page, and questions before something is done that cannot be undone. */
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'
import { ElMessage, ElMessageBox } from 'element-plus'

/** Say that something was done. */
export function done(sentence: string): void {
  ElMessage({ type: 'success', message: sentence, grouping: true })
}

/** Say what went wrong; it stays until somebody closes it. */
export function failed(sentence: string): void {
  ElMessage({ type: 'error', message: sentence, duration: 0, showClose: true, grouping: true })
}

/** Ask before something is done; `yes` names the deed, not "OK". */
export async function sure(question: string, yes: string, no: string, title: string): Promise<boolean> {
  try {
    await ElMessageBox.confirm(question, title, { confirmButtonText: yes, cancelButtonText: no, type: 'warning' })
    return true
  } catch {
    return false
  }
}
