// Glance's API as the other services need it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "openstack/clients/answers.hpp"
#include "openstack/clients/service_session.hpp"

namespace openstack::clients {

struct Image {
  std::string id;
  std::string name;
  std::string owner;
  std::string status;  // "active", ...
  std::string visibility;
  std::string disk_format;
  std::string container_format;
  std::string os_hash_value;  // sha512, hex
  int64_t size = 0;           // bytes
  int64_t min_disk = 0;       // GiB
  int64_t min_ram = 0;        // MiB
  int64_t virtual_size = 0;   // bytes; 0 if unknown
  base::Json properties;      // the whole document
};

// Begins an image, of a document as POST /v2/images takes it, in the caller's own name: what he may
// say of it, Glance judges. Returns its id; it is "queued" until it gets its bytes. Throws
// base::Error of the kind of Glance's answer.
[[nodiscard]] std::string create_image(const Caller& caller, platform::http::Transport& transport,
                                       const std::string& url_base, const base::Json& document);

// Makes an image that has properties and no bytes, of a document as POST /v2/images takes it, in
// the caller's own name: what he may say of it, Glance judges. Returns its id when it is active;
// throws base::Error of the kind of Glance's answer.
[[nodiscard]] std::string create_empty_image(const Caller& caller,
                                             platform::http::Transport& transport,
                                             const std::string& url_base,
                                             const base::Json& document);

// Thread-safe.
class Glance {
 public:
  Glance(ServiceSession& session, std::string url_base)
      : session_(session), url_base_(std::move(url_base)) {}
  // Nothing also for an image that `project_id` may not see; an empty project_id means no such
  // check.
  [[nodiscard]] std::optional<Image> find_image(const std::string& id,
                                                const std::string& project_id,
                                                const std::string& request_id);
  // The same, for one that has to be there: throws Error(not_found).
  [[nodiscard]] Image get_image(const std::string& id, const std::string& project_id,
                                const std::string& request_id);
  // URLs of where its bytes are, for who reaches them without Glance; the best first.
  [[nodiscard]] std::vector<std::string> list_locations(const std::string& id,
                                                        const std::string& request_id);
  // The image's bytes, to be read at once.
  [[nodiscard]] std::shared_ptr<platform::http::BodySource> download(const std::string& id,
                                                                     const std::string& request_id);

  // Begins an image, of a document as POST /v2/images takes it; it is "queued" until upload().
  // Throws Error(conflict) if it names an id that is taken.
  [[nodiscard]] Image create_image(const base::Json& document, const std::string& request_id);
  // Gives a queued image its bytes, and returns when it is active. They are read once.
  void upload(const std::string& id, const std::shared_ptr<platform::http::BodySource>& bytes,
              const std::string& request_id);
  // Ids of the images of that owner which have these properties, the youngest first; a thousand of
  // them at most.
  [[nodiscard]] std::vector<std::string> list_images(
      const std::string& owner, const std::map<std::string, std::string>& properties,
      const std::string& request_id);
  // Also one that is protected; nothing if it is not there.
  void delete_image(const std::string& id, const std::string& request_id);

 private:
  [[nodiscard]] bool is_seen_by(const std::string& project_id, const Image& image,
                                const std::string& request_id);
  void unprotect(const std::string& id, const std::string& request_id);

  ServiceSession& session_;
  std::string url_base_;
};

}  // namespace openstack::clients
