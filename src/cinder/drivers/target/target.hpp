// What lets hosts reach volumes over the network: an iSCSI target per volume.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cinder::drivers {

// Who may sign in at a target: an initiator that knows a secret (CHAP).
struct Grant {
  std::string initiator;  // IQN
  std::string username;   // one per attachment
  std::string password;   // never logged
};

// A volume as it should be within reach.
struct Export {
  std::string volume_id;
  std::string path;  // of a file or block device that holds the volume's bytes
  bool read_only = false;
  std::vector<Grant> grants;
};

// Where an initiator finds a volume.
struct TargetAddress {
  std::string portal;  // "192.0.2.1:3260"
  std::string iqn;
  int64_t lun = 1;
};

// Thread-safe for different volumes. What is exported outlives the object, and its process. All
// may be done twice; all throw base::Error.
class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual TargetAddress address(const std::string& volume_id) const = 0;
  // The volume is within reach of exactly these. Who was and is not among them has no session any
  // more when this returns.
  virtual void ensure(const Export& wanted) = 0;
  // Nobody reaches the volume, and nothing that anybody sent is still to be written. Initiators
  // that lose it so, and find it again soon, go on with what they were doing.
  virtual void close(const std::string& volume_id) = 0;
  // While nothing is within reach nothing has to run for it.
  virtual void rest() = 0;
  // Ids of all volumes within reach.
  [[nodiscard]] virtual std::vector<std::string> list() = 0;
  // A number that is another one once all that was exported has been lost; 0: nothing ever was.
  [[nodiscard]] virtual int64_t generation() = 0;
};

}  // namespace cinder::drivers
