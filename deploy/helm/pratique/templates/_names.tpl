{{- define "pratique.labels" -}}
app.kubernetes.io/name: pratique
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end }}

{{- define "pratique.selector" -}}
app.kubernetes.io/name: pratique
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "pratique.configuration" -}}
{{- if .Values.encryption.existingSecret -}}
encryption:
  file: /run/keys/kek
{{ end -}}
{{- with .Values.outbound.allow -}}
outbound:
  allow: {{- toYaml . | nindent 4 }}
{{ end -}}
{{- end }}

{{- define "pratique.account" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
# It opens volumes and Secrets to the account. What lies on a volume is not opened anew at each start.
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "pratique.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
