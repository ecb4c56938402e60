#include <fmt/core.h>

#include <map>

#include "base/text.hpp"
#include "glance/drivers/chunked_writer.hpp"
#include "glance/drivers/object_requests.hpp"
#include "openstack/clients/service_session.hpp"
#include "platform/log.hpp"

namespace glance::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::Query;
using platform::http::Request;
using platform::http::Response;

constexpr std::string_view kUploadId = "?uploadId=";

std::string without_entities(std::string text) {
  for (const auto& [entity, character] :
       {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&quot;", "\""},
        std::pair{"&#34;", "\""}, std::pair{"&apos;", "'"}, std::pair{"&amp;", "&"}})
    text = base::replace_all(std::move(text), entity, character);
  return text;
}

// The texts of all elements of that name. S3's answers are flat enough.
std::vector<std::string> elements(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const std::string close = fmt::format("</{}>", name);
  std::vector<std::string> texts;
  for (size_t at = 0;;) {
    const size_t begin = xml.find(open, at);
    if (begin == std::string_view::npos) return texts;
    const size_t end = xml.find(close, begin);
    if (end == std::string_view::npos) return texts;
    texts.emplace_back(xml.substr(begin + open.size(), end - begin - open.size()));
    at = end + close.size();
  }
}

std::string element(std::string_view xml, std::string_view name) {
  const auto all = elements(xml, name);
  return all.empty() ? "" : without_entities(all.front());
}

// Requests to one bucket.
class Bucket {
 public:
  Bucket(StoreEnvironment environment, S3Options options)
      : environment_(std::move(environment)), options_(std::move(options)) {
    std::tie(base_, path_) = openstack::clients::split_url(options_.endpoint);
    host_ = base_.substr(base_.find("://") + 3);
    const std::string_view usual = base_.starts_with("https") ? ":443" : ":80";
    if (host_.ends_with(usual)) host_.resize(host_.size() - usual.size());
  }

  // `key` may be empty: the bucket itself. For what may be done twice.
  Response send(const std::string& method, const std::string& key, const Query& query = {},
                const std::string& body = {}, const std::string& range = {}) const {
    return send_patiently(environment_.runtime,
                          [&] { return send_once(method, key, query, body, range); });
  }
  [[nodiscard]] const S3Options& options() const { return options_; }
  [[nodiscard]] std::string location(const std::string& key) const {
    return fmt::format("s3://{}{}/{}/{}", host_, path_, options_.bucket, key);
  }

 private:
  Response send_once(const std::string& method, const std::string& key, const Query& query,
                     const std::string& body, const std::string& range) const {
    Request request;
    request.method = method;
    request.path = fmt::format("{}/{}", path_, options_.bucket);
    if (!key.empty()) request.path += "/" + key;
    request.query_text = platform::http::to_text(query);
    request.body = body;
    request.headers.set("Host", host_);
    if (method == "PUT" || method == "POST")
      request.headers.set("Content-Type", "application/octet-stream");
    if (!range.empty()) request.headers.set("Range", range);
    sign(request, options_.credentials, environment_.runtime.clock.now());
    return environment_.transport.send(base_, std::move(request), kObjectTimeout);
  }

  StoreEnvironment environment_;
  S3Options options_;
  std::string base_;
  std::string path_;
  std::string host_;
};

class S3Writer final : public ChunkedWriter {
 public:
  S3Writer(const Bucket& bucket, std::string key)
      : ChunkedWriter(bucket.options().chunk), bucket_(bucket), key_(std::move(key)) {}

  ~S3Writer() override {
    if (committed() || upload_.empty()) return;
    try {
      require_success(bucket_.send("DELETE", key_, {{{"uploadId", upload_}}}), "abort", 404);
    } catch (const Error& error) {  // tidying will
      platform::log_warning("upload to S3 not taken back key={} error={}", key_, error.what());
    }
  }
  S3Writer(const S3Writer&) = delete;
  S3Writer& operator=(const S3Writer&) = delete;

 protected:
  void put_whole(std::string bytes) override {
    require_success(bucket_.send("PUT", key_, {}, bytes), "put " + key_);
  }

  void put_part(size_t number, std::string bytes) override {
    if (upload_.empty()) begin();
    const Query query{{{"partNumber", std::to_string(number)}, {"uploadId", upload_}}};
    const Response response = bucket_.send("PUT", key_, query, bytes);
    require_success(response, "put part of " + key_);
    list_ += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                         response.headers.value("ETag"));
  }

  // 200 may come before S3 knows whether it succeeds: the body tells. One that is asked twice says
  // that there is no such upload, but then the object is there.
  void join_parts() override {
    const std::string body =
        fmt::format("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", list_);
    const Response response = bucket_.send("POST", key_, {{{"uploadId", upload_}}}, body);
    const bool said = response.body.find("CompleteMultipartUploadResult") != std::string::npos;
    if (response.status == 200 && said) return;
    require_success(response, "complete " + key_, 404);
    if (response.status == 200 || bucket_.send("HEAD", key_).status != 200)
      throw Error(ErrorKind::internal, "The image store failed.",
                  "complete " + key_ + ": " + response.body.substr(0, 500));
  }

  [[nodiscard]] std::string location() const override { return bucket_.location(key_); }

 private:
  void begin() {
    const Response response = bucket_.send("POST", key_, {{{"uploads", ""}}});
    require_success(response, "begin upload of " + key_);
    upload_ = element(response.body, "UploadId");
    if (upload_.empty())
      throw Error(ErrorKind::internal, "The image store failed.", "S3 names no upload");
  }

  const Bucket& bucket_;
  std::string key_;
  std::string upload_;
  std::string list_;  // of the parts
};

class S3Store final : public ImageStore {
 public:
  S3Store(StoreEnvironment environment, S3Options options)
      : bucket_(std::move(environment), std::move(options)) {}

  std::unique_ptr<Writer> start(const std::string& name) override {
    ensure_bucket();
    return std::make_unique<S3Writer>(bucket_, name);
  }

  std::shared_ptr<platform::http::BodySource> open(const std::string& location, uint64_t offset,
                                                   std::optional<uint64_t> length) override {
    if (length == 0U) return source_of({});
    Response response = bucket_.send("GET", key_of(location), {}, {}, range_header(offset, length));
    require_success(response, "get " + location, 416);
    return source_of(std::move(response));
  }

  bool holds(const std::string& location) const override {
    return location.starts_with(bucket_.location(""));
  }

  void remove(const std::string& location) override {
    const size_t upload = location.find(kUploadId);
    const std::string key = key_of(location.substr(0, upload));
    Query query;
    if (upload != std::string::npos)
      query.items.emplace_back("uploadId", location.substr(upload + kUploadId.size()));
    require_success(bucket_.send("DELETE", key, query), "delete " + key, 404);
  }

  std::vector<Stored> list() override {
    std::vector<Stored> all;
    Query query{{{"list-type", "2"}}};
    for (;;) {
      const Response response = bucket_.send("GET", "", query);
      if (response.status == 404) return all;  // no bucket yet
      require_success(response, "list");
      for (const std::string& key : elements(response.body, "Key"))
        if (is_upload_name(key)) all.push_back({bucket_.location(key), key});
      if (element(response.body, "IsTruncated") != "true") break;
      query.items.resize(1);
      query.items.emplace_back("continuation-token",
                               element(response.body, "NextContinuationToken"));
    }
    list_uploads(all);
    return all;
  }

 private:
  // Those that were not completed; a thousand at a time.
  void list_uploads(std::vector<Stored>& all) {
    const Response response = bucket_.send("GET", "", {{{"uploads", ""}}});
    require_success(response, "list uploads");
    for (const std::string& upload : elements(response.body, "Upload")) {
      const std::string key = element(upload, "Key");
      if (!is_upload_name(key)) continue;
      all.push_back(
          {bucket_.location(key) + std::string(kUploadId) + element(upload, "UploadId"), key});
    }
  }

  void ensure_bucket() {
    if (!bucket_.options().create_bucket || bucket_.send("HEAD", "").status != 404) return;
    require_success(bucket_.send("PUT", ""), "create bucket", 409);
  }

  [[nodiscard]] std::string key_of(const std::string& location) const {
    if (!holds(location))
      throw Error(ErrorKind::internal, "The image's location is not in this store.", location);
    return location.substr(bucket_.location("").size());
  }

  Bucket bucket_;
};

}  // namespace

std::unique_ptr<ImageStore> make_s3_store(StoreEnvironment environment, S3Options options) {
  return std::make_unique<S3Store>(std::move(environment), std::move(options));
}

}  // namespace glance::drivers
