// Which volumes of a back end are within reach of which hosts: what the attachments say. The target
// follows them, on a call, on a timer and after it has lost everything. Volumes that hosts reach by
// themselves have no target: for them nothing is opened, closed or held, and who does not let go of
// one when its attachment ends is shut out by the storage.
#pragma once

#include <string>

#include "cinder/messages.hpp"
#include "cinder/volume/backend.hpp"

namespace cinder::volume {

// What the calls do.
[[nodiscard]] Connection connect_attachment(Backend& backend, const ConnectAttachment& message);
void disconnect_attachment(Backend& backend, const DisconnectAttachment& message);

// The target has of this volume what its attachments say. Its slot is held.
void ensure_export(Backend& backend, const std::string& volume_id);
// Nobody reaches the volume, and its provider has all that was written. Its slot is held.
void close_export(Backend& backend, const std::string& volume_id);
// The same as ensure_export() for all volumes of the back end; attachments that were being cut off
// are gone. False: it could not be done for all of them.
bool restore_exports(Backend& backend);

// While it lives nobody writes to the volume; who was using it waits. Its slot is held.
class ExportPause {
 public:
  ExportPause(Backend& backend, std::string volume_id);
  ~ExportPause();
  ExportPause(const ExportPause&) = delete;
  ExportPause& operator=(const ExportPause&) = delete;

 private:
  Backend& backend_;
  std::string volume_id_;
};

}  // namespace cinder::volume
