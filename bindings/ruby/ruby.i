/* The whole public interface as the module Ctrace::C. Ctrace::Writer and its fellows stand on it. */
%module "Ctrace::C"
