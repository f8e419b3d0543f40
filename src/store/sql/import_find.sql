select import, attempt, digest, file_name, mapping, mapping_text, mapping_digest, stand_ins, state, tally, failure,
    approval, acted_by
from import where book = $1 and import = $2
