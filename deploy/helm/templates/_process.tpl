{{- define "tio.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}

{{- define "tio.labels" -}}
app.kubernetes.io/name: tio-pathway
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- /* No root, nothing to write to but /tmp, no privileges, no token of the cluster. */}}
{{- define "tio.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
{{- if .keys }}
  - name: keys
    secret:
      secretName: {{ .root.Values.secrets.keys }}
      defaultMode: 0440
      items:
        {{- range .keys }}
        - {key: {{ . }}, path: {{ . }}}
        {{- end }}
{{- end }}
{{- if .databases }}
  - name: databases
    secret:
      secretName: {{ if eq .name "migrate" }}{{ .root.Values.secrets.owner }}{{ else }}{{ .root.Values.secrets.databases }}{{ end }}
      defaultMode: 0440
      items:
        {{- range .databases }}
        - {key: {{ . }}, path: {{ . }}}
        {{- end }}
{{- end }}
{{- if eq .name "coordination" }}
{{- if .root.Values.secrets.mail }}
  - name: mail
    secret: {secretName: {{ .root.Values.secrets.mail }}, defaultMode: 0440, items: [{key: password, path: password}]}
{{- end }}
{{- if .root.Values.erasures.claim }}
  - name: erasures
    persistentVolumeClaim: {claimName: {{ .root.Values.erasures.claim }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "tio.container" -}}
image: {{ include "tio.image" .root }}
imagePullPolicy: IfNotPresent
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if .keys }}
  - {name: keys, mountPath: /keys, readOnly: true}
  {{- end }}
  {{- if .databases }}
  - {name: databases, mountPath: /databases, readOnly: true}
  {{- end }}
  {{- if eq .name "coordination" }}
  {{- if .root.Values.secrets.mail }}
  - {name: mail, mountPath: /mail, readOnly: true}
  {{- end }}
  {{- if .root.Values.erasures.claim }}
  - {name: erasures, mountPath: /erasures}
  {{- end }}
  {{- end }}
{{- end }}

{{- /* Each process is given the secrets it needs and no others, as files. */}}
{{- define "tio.keys" -}}
{{- if eq .name "worker" }}[payload-keys.json, signing-key.json]
{{- else if eq .name "coordination" }}[payload-keys.json, signing-key.json, jwks.json]
{{- else if eq .name "followup" }}[signing-key.json, jwks.json]
{{- else }}[jwks.json]
{{- end }}
{{- end }}

{{- define "tio.database" -}}
- {name: TIO_{{ upper .name }}_DATABASE_URL_FILE, value: /databases/{{ .name }}}
{{- end }}

{{- /* The role that owns the tables: for the migration and nobody else. */}}
{{- define "tio.owner" -}}
- {name: TIO_{{ upper .name }}_OWNER_DATABASE_URL_FILE, value: /databases/{{ .name }}}
{{- end }}

{{- define "tio.environment" -}}
{{- $values := .root.Values }}
{{- $prefix := ternary "TIO_WORKFLOWS" (printf "TIO_%s" (upper .name)) (eq .name "worker") }}
{{- if eq .name "worker" }}
- {name: TIO_WORKFLOWS_ADDRESS, value: {{ $values.temporal.address | quote }}}
- {name: TIO_WORKFLOWS_NAMESPACE, value: {{ $values.temporal.namespace | quote }}}
- {name: TIO_WORKFLOWS_KEYS_FILE, value: /keys/payload-keys.json}
- {name: TIO_WORKFLOWS_SIGNING_KEY_FILE, value: /keys/signing-key.json}
- {name: TIO_WORKFLOWS_ISSUER, value: {{ $values.issuer | quote }}}
- {name: TIO_WORKFLOWS_AUDIENCE, value: {{ $values.audience | quote }}}
{{- range $service := list "assessment" "localization" "followup" "coordination" }}
- {name: TIO_WORKFLOWS_{{ upper $service }}_URL, value: "http://{{ $service }}:8080"}
{{- end }}
- {name: TIO_WORKFLOWS_HOST, value: "0.0.0.0"}
- {name: TIO_WORKFLOWS_PORT, value: "8080"}
- {name: TIO_WORKFLOWS_PRIVATE_NETWORK, value: {{ $values.network.private | quote }}}
{{- else }}
{{ include "tio.database" . }}
- {name: {{ $prefix }}_JWKS, value: /keys/jwks.json}
- {name: {{ $prefix }}_ISSUER, value: {{ $values.issuer | quote }}}
- {name: {{ $prefix }}_AUDIENCE, value: {{ $values.audience | quote }}}
- {name: {{ $prefix }}_HOST, value: "0.0.0.0"}
- {name: {{ $prefix }}_PRIVATE_NETWORK, value: {{ $values.network.private | quote }}}
{{- end }}
{{- if $values.traces.url }}
- {name: {{ $prefix }}_TRACES_URL, value: {{ $values.traces.url | quote }}}
- {name: {{ $prefix }}_TRACES_SHARE, value: {{ $values.traces.share | quote }}}
{{- end }}
{{- if eq .name "followup" }}
- {name: TIO_FOLLOWUP_SIGNING_KEY_FILE, value: /keys/signing-key.json}
- {name: TIO_FOLLOWUP_COORDINATION_URL, value: "http://coordination:8080"}
{{- end }}
{{- if eq .name "coordination" }}
- {name: TIO_COORDINATION_KEYS_FILE, value: /keys/payload-keys.json}
- {name: TIO_COORDINATION_SIGNING_KEY_FILE, value: /keys/signing-key.json}
- {name: TIO_COORDINATION_TEMPORAL_ADDRESS, value: {{ $values.temporal.address | quote }}}
- {name: TIO_COORDINATION_TEMPORAL_NAMESPACE, value: {{ $values.temporal.namespace | quote }}}
- {name: TIO_COORDINATION_PUBLIC_URL, value: {{ $values.publicUrl | quote }}}
{{- range $service := list "assessment" "localization" "followup" }}
- {name: TIO_COORDINATION_{{ upper $service }}_URL, value: "http://{{ $service }}:8080"}
{{- end }}
{{- if $values.erasures.claim }}
- {name: TIO_COORDINATION_ERASURE_LOG, value: /erasures/erasures.jsonl}
{{- end }}
{{- if $values.secrets.mail }}
- {name: TIO_COORDINATION_SMTP_PASSWORD_FILE, value: /mail/password}
{{- end }}
{{- end }}
{{- range $setting, $value := index $values.settings .name }}
- {name: {{ $prefix }}_{{ $setting }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
