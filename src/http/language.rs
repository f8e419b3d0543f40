//! Titles of errors in Chinese and English, chosen by `Accept-Language`.
//! Must never be what a program decides on: that is the code.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

/// Languages of titles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// The default.
    #[default]
    English,
    /// 中文
    Chinese,
}

impl Language {
    /// The first of the languages named that we have; weights are not needed to tell two apart.
    pub fn of(headers: &HeaderMap) -> Language {
        let named = headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let known = named.split(',').find_map(|tag| match tag.trim().get(..2) {
            Some("zh") => Some(Language::Chinese),
            Some("en") => Some(Language::English),
            _ => None,
        });
        known.unwrap_or_default()
    }
}

/// Codes that people meet often, in Chinese. Any other code takes the title of its status.
const CHINESE: &[(&str, &str)] = &[
    ("amount_form", "金额写法不规范"),
    ("amount_out_of_range", "金额超出范围"),
    ("currency_mismatch", "币种不一致"),
    ("currency_unknown", "未知币种"),
    ("duplicate_key", "JSON 中有重复的字段"),
    ("forbidden", "此密钥的角色无权操作"),
    ("id_form", "编号格式不正确"),
    ("idempotency_key_missing", "缺少 Idempotency-Key"),
    ("in_progress", "相同请求正在处理"),
    ("json_syntax", "JSON 语法错误"),
    ("key_reused", "同一 Idempotency-Key 用于不同请求"),
    ("missing_field", "缺少字段"),
    ("not_as_of", "此查询不支持按历史时点"),
    ("not_found", "不存在"),
    ("not_started", "暂不可用，未发生任何变更"),
    ("outcome_unknown", "结果未知，请凭 Idempotency-Key 查询"),
    ("rate_form", "费率写法不规范"),
    ("rate_too_large", "费率大于 100%"),
    ("time_form", "时间格式不正确"),
    ("too_large", "请求体过大"),
    ("too_many_requests", "请求过于频繁"),
    ("unauthorised", "密钥缺失或无效"),
    ("unknown_field", "未知字段"),
    ("version_conflict", "版本冲突"),
    ("wrong_type", "字段类型不正确"),
];

fn chinese(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "请求无法读取",
        401 => "未认证",
        403 => "无权操作",
        404 => "不存在",
        405 => "不支持的方法",
        409 => "与现状冲突",
        412 => "前提条件不成立",
        413 => "请求体过大",
        422 => "请求内容不成立",
        429 => "请求过于频繁",
        503 => "暂不可用",
        _ => "内部错误",
    }
}

/// The title of a code: a phrase in Chinese, or the code in words.
pub fn title(code: &str, status: StatusCode, language: Language) -> String {
    match language {
        Language::English => code.replace('_', " "),
        Language::Chinese => {
            let own = CHINESE
                .iter()
                .find(|(known, _)| *known == code)
                .map(|(_, title)| *title);
            own.unwrap_or_else(|| chinese(status)).to_owned()
        }
    }
}
